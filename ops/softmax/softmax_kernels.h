#pragma once

#include "ops/common/kernel_table.h"

namespace prova {

/// y = softmax of each row of x.
struct SoftmaxArgs {
  DType dtype;
  const void* x;  // [rows, cols]
  void* y;        // [rows, cols]
  int64_t rows;
  int64_t cols;
};
using SoftmaxFn = void (*)(const SoftmaxArgs&);

/// dx = y * (dy - <dy, y>) for each row.
struct SoftmaxBackwardArgs {
  DType dtype;
  const void* dy;  // [rows, cols]
  const void* y;   // [rows, cols]
  void* dx;        // [rows, cols]
  int64_t rows;
  int64_t cols;
};
using SoftmaxBackwardFn = void (*)(const SoftmaxBackwardArgs&);

namespace reference {
void Softmax(const SoftmaxArgs& args);
void SoftmaxBackward(const SoftmaxBackwardArgs& args);
}  // namespace reference

namespace simd {
void Softmax(const SoftmaxArgs& args);
void SoftmaxBackward(const SoftmaxBackwardArgs& args);
}  // namespace simd

inline constexpr KernelEntry<SoftmaxFn> kSoftmaxKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Softmax, kComputeFloats),
    {Where::kSimd, simd::Softmax},
    {Where::kReference, reference::Softmax},
};

inline constexpr KernelEntry<SoftmaxBackwardFn> kSoftmaxBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::SoftmaxBackward, kComputeFloats),
    {Where::kSimd, simd::SoftmaxBackward},
    {Where::kReference, reference::SoftmaxBackward},
};

}  // namespace prova

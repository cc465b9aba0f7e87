#pragma once

#include "ops/common/kernel_table.h"

namespace prova {

/// y = log of softmax of each row of x.
struct LogSoftmaxArgs {
  DType dtype;
  const void* x;  // [rows, cols]
  void* y;        // [rows, cols]
  int64_t rows;
  int64_t cols;
};
using LogSoftmaxFn = void (*)(const LogSoftmaxArgs&);

/// dx = dy - exp(y) * sum(dy) for each row.
struct LogSoftmaxBackwardArgs {
  DType dtype;
  const void* dy;  // [rows, cols]
  const void* y;   // [rows, cols]
  void* dx;        // [rows, cols]
  int64_t rows;
  int64_t cols;
};
using LogSoftmaxBackwardFn = void (*)(const LogSoftmaxBackwardArgs&);

namespace reference {
void LogSoftmax(const LogSoftmaxArgs& args);
void LogSoftmaxBackward(const LogSoftmaxBackwardArgs& args);
}  // namespace reference

namespace simd {
void LogSoftmax(const LogSoftmaxArgs& args);
void LogSoftmaxBackward(const LogSoftmaxBackwardArgs& args);
}  // namespace simd

inline constexpr KernelEntry<LogSoftmaxFn> kLogSoftmaxKernels[] = {
    PROVA_CUDA_ENTRY(cuda::LogSoftmax, kComputeFloats),
    {Where::kSimd, simd::LogSoftmax},
    {Where::kReference, reference::LogSoftmax},
};

inline constexpr KernelEntry<LogSoftmaxBackwardFn> kLogSoftmaxBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::LogSoftmaxBackward, kComputeFloats),
    {Where::kSimd, simd::LogSoftmaxBackward},
    {Where::kReference, reference::LogSoftmaxBackward},
};

}  // namespace prova

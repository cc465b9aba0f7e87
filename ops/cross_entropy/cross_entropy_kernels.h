#pragma once

#include "ops/common/kernel_table.h"

namespace prova {

/// loss = log(sum(exp(z))) - (1 - s) z_t - s mean(z) for each row z of logits; 0 where ignored.
struct CrossEntropyArgs {
  DType dtype;
  const void* logits;     // [rows, cols]
  const int64_t* target;  // [rows], 0..cols-1 or ignore_index
  void* loss;             // [rows] in ComputeType(dtype)
  int64_t rows;
  int64_t cols;
  int64_t ignore_index;
  double label_smoothing;  // s
};
using CrossEntropyFn = void (*)(const CrossEntropyArgs&);

/// dlogits = weight * (softmax(z) - q) for each row, q = (1 - s) [j = t] + s / cols.
struct CrossEntropyBackwardArgs {
  DType dtype;
  const void* weight;     // [rows] in ComputeType(dtype)
  const void* logits;     // [rows, cols]
  const int64_t* target;  // [rows]
  void* dlogits;          // [rows, cols]
  int64_t rows;
  int64_t cols;
  int64_t ignore_index;
  double label_smoothing;
};
using CrossEntropyBackwardFn = void (*)(const CrossEntropyBackwardArgs&);

namespace reference {
void CrossEntropy(const CrossEntropyArgs& args);
void CrossEntropyBackward(const CrossEntropyBackwardArgs& args);
}  // namespace reference

namespace simd {
void CrossEntropy(const CrossEntropyArgs& args);
void CrossEntropyBackward(const CrossEntropyBackwardArgs& args);
}  // namespace simd

namespace cuda {
PROVA_LINKED void CrossEntropy(const CrossEntropyArgs& args);
PROVA_LINKED void CrossEntropyBackward(const CrossEntropyBackwardArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<CrossEntropyFn> kCrossEntropyKernels[] = {
    {Where::kCuda, cuda::CrossEntropy, kAllFloats},
    {Where::kSimd, simd::CrossEntropy},
    {Where::kReference, reference::CrossEntropy},
};

inline constexpr KernelEntry<CrossEntropyBackwardFn> kCrossEntropyBackwardKernels[] = {
    {Where::kCuda, cuda::CrossEntropyBackward, kAllFloats},
    {Where::kSimd, simd::CrossEntropyBackward},
    {Where::kReference, reference::CrossEntropyBackward},
};

}  // namespace prova

#pragma once

#include "cuda/kernel.h"

namespace prova::cuda {

/// What is wrong with `SumRows`, on purpose: to see that the harness notices.
enum class Planted { kNothing, kMissingBarrier, kWrongTail, kRace };

// #region kernel
inline constexpr int kSumThreads = 64;

/// y[row] = the sum of x[row, 0..cols-1]; a block for each row.
template <Planted fault>
__global__ void SumRows(const float* x, float* y, int cols) {
  __shared__ SharedArray<float, kSumThreads> memory;
  const auto partial = memory.view();
  const int i = static_cast<int>(threadIdx.x), row = static_cast<int>(blockIdx.x);

  // Each thread sums every 64th element of the row; one that has none goes without.
  const int whole_rounds = (cols + kSumThreads - 1) / kSumThreads * kSumThreads;
  const int end = fault == Planted::kWrongTail ? whole_rounds : cols;
  float sum = 0;
  for (int col = i; col < end; col += kSumThreads) sum += x[row * cols + col];
  partial[i] = sum;
  if (fault != Planted::kMissingBarrier) __syncthreads();

  // The upper half of the sums is added to the lower one until one is left.
  for (int half = kSumThreads / 2; half > 0; half /= 2) {
    const int end_of_lower = fault == Planted::kRace ? kSumThreads - half : half;
    if (i < end_of_lower) partial[i] += partial[i + half];
    __syncthreads();
  }
  if (i == 0) y[row] = partial[0];
}
// #endregion kernel

}  // namespace prova::cuda

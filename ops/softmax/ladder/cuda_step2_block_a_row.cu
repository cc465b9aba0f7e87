#include <cmath>

#include "cuda/kernel.h"
#include "ops/softmax/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

// #region step
/// The combination of all threads' values, by halves of them.
template <typename Combine>
__device__ float ReduceTree(const SharedView<float, 1>& values, float mine, Combine combine) {
  const int thread = static_cast<int>(threadIdx.x);
  values[thread] = mine;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread >= half) continue;
    const float a = values[thread], b = values[thread + half];
    values[thread] = combine(a, b);
  }
  __syncthreads();
  const float total = values[0];
  __syncthreads();  // the next values come to the same place
  return total;
}

/// A block a row: neighbouring threads have neighbouring elements.
__global__ void BlockARowKernel(const float* x, float* y, int64_t cols) {
  __shared__ SharedArray<float, kThreads> memory;
  const auto values = memory.view();
  const float* in = x + blockIdx.x * cols;
  float* out = y + blockIdx.x * cols;
  float peak = -INFINITY;
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) peak = std::fmax(peak, in[k]);
  peak = ReduceTree(values, peak, [](float a, float b) { return std::fmax(a, b); });
  float sum = 0;
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) sum += std::exp(in[k] - peak);
  sum = ReduceTree(values, sum, [](float a, float b) { return a + b; });
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) out[k] = std::exp(in[k] - peak) / sum;
}
// #endregion step

}  // namespace

void BlockARow(const float* x, float* y, int64_t rows, int64_t cols) {
  Launch({dim3(static_cast<unsigned>(rows)), dim3(kThreads)}, BlockARowKernel, x, y, cols);
}

}  // namespace prova::cuda::ladder

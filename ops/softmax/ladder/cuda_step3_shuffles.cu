#include <cmath>

#include "cuda/reduce.h"
#include "ops/softmax/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

// #region step
/// Threads of a warp hand each other registers; only warps meet in shared memory.
__global__ void ShufflesKernel(const float* x, float* y, int64_t cols) {
  const float* in = x + blockIdx.x * cols;
  float* out = y + blockIdx.x * cols;
  float peak = -INFINITY;
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) peak = std::fmax(peak, in[k]);
  peak = ReduceBlock<kThreads>(peak, -INFINITY, [](float a, float b) { return std::fmax(a, b); });
  float sum = 0;
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) sum += std::exp(in[k] - peak);
  sum = ReduceBlock<kThreads>(sum, 0.0f, [](float a, float b) { return a + b; });
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) out[k] = std::exp(in[k] - peak) / sum;
}
// #endregion step

}  // namespace

void Shuffles(const float* x, float* y, int64_t rows, int64_t cols) {
  Launch({dim3(static_cast<unsigned>(rows)), dim3(kThreads)}, ShufflesKernel, x, y, cols);
}

}  // namespace prova::cuda::ladder

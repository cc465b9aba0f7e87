#include <cmath>

#include "cuda/kernel.h"
#include "ops/softmax/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

// #region step
/// A thread a row.
__global__ void ThreadARowKernel(const float* x, float* y, int64_t rows, int64_t cols) {
  const int64_t row = FirstInGrid();
  if (row >= rows) return;
  const float* in = x + row * cols;
  float* out = y + row * cols;
  float peak = -INFINITY;
  for (int64_t k = 0; k < cols; ++k) peak = std::fmax(peak, in[k]);
  float sum = 0;
  for (int64_t k = 0; k < cols; ++k) sum += std::exp(in[k] - peak);
  for (int64_t k = 0; k < cols; ++k) out[k] = std::exp(in[k] - peak) / sum;
}
// #endregion step

}  // namespace

void ThreadARow(const float* x, float* y, int64_t rows, int64_t cols) {
  const dim3 grid(static_cast<unsigned>((rows + kThreads - 1) / kThreads));
  Launch({grid, dim3(kThreads)}, ThreadARowKernel, x, y, rows, cols);
}

}  // namespace prova::cuda::ladder

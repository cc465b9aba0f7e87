#include <cmath>

#include "cuda/reduce.h"
#include "ops/softmax/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

constexpr int kEach = 16;

// #region step
/// A thread keeps its 16 elements, first as they are, then as exponentials.
__global__ void RegistersKernel(const float* x, float* y, int64_t cols) {
  const float* in = x + blockIdx.x * cols;
  float* out = y + blockIdx.x * cols;
  float values[kEach];
  float peak = -INFINITY;
  for (int e = 0; e < kEach; ++e) {
    const int k = e * kThreads + static_cast<int>(threadIdx.x);
    values[e] = k < cols ? in[k] : -INFINITY;
    peak = std::fmax(peak, values[e]);
  }
  peak = ReduceBlock<kThreads>(peak, -INFINITY, [](float a, float b) { return std::fmax(a, b); });
  float sum = 0;
  for (int e = 0; e < kEach; ++e) sum += values[e] = std::exp(values[e] - peak);
  sum = ReduceBlock<kThreads>(sum, 0.0f, [](float a, float b) { return a + b; });
  const float scale = 1 / sum;
  for (int e = 0; e < kEach; ++e) {
    const int k = e * kThreads + static_cast<int>(threadIdx.x);
    if (k < cols) out[k] = values[e] * scale;
  }
}
// #endregion step

}  // namespace

void Registers(const float* x, float* y, int64_t rows, int64_t cols) {
  // What registers cannot hold is read twice.
  if (cols > kEach * kThreads) return Online(x, y, rows, cols);
  Launch({dim3(static_cast<unsigned>(rows)), dim3(kThreads)}, RegistersKernel, x, y, cols);
}

}  // namespace prova::cuda::ladder

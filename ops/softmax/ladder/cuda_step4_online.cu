#include <cmath>
#include <limits>

#include "cuda/reduce.h"
#include "ops/softmax/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

// #region step
/// Peak and sum in one reading: a higher peak scales down what was summed from a lower one.
__global__ void OnlineKernel(const float* x, float* y, int64_t cols) {
  // The difference of two infinities would be NaN; the lowest number is below all that count.
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  const float* in = x + blockIdx.x * cols;
  float* out = y + blockIdx.x * cols;
  float peak = kLowest, sum = 0;
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) {
    const float before = peak;
    peak = std::fmax(peak, in[k]);
    sum = sum * std::exp(before - peak) + std::exp(in[k] - peak);
  }
  const float highest =
      ReduceBlock<kThreads>(peak, kLowest, [](float a, float b) { return std::fmax(a, b); });
  sum = ReduceBlock<kThreads>(sum * std::exp(peak - highest), 0.0f,
                              [](float a, float b) { return a + b; });
  for (int64_t k = threadIdx.x; k < cols; k += kThreads) out[k] = std::exp(in[k] - highest) / sum;
}
// #endregion step

}  // namespace

void Online(const float* x, float* y, int64_t rows, int64_t cols) {
  Launch({dim3(static_cast<unsigned>(rows)), dim3(kThreads)}, OnlineKernel, x, y, cols);
}

}  // namespace prova::cuda::ladder

#include "cuda/kernel.h"
#include "ops/matmul/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

// #region step
/// A thread an element of y.
__global__ void NaiveKernel(const float* a, const float* b, float* y, int64_t m, int64_t n,
                            int64_t k) {
  const int64_t i = int64_t{blockIdx.y} * blockDim.y + threadIdx.y;
  const int64_t j = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= m || j >= n) return;
  float sum = 0;
  for (int64_t t = 0; t < k; ++t) sum += a[i * k + t] * b[t * n + j];
  y[i * n + j] = sum;
}
// #endregion step

}  // namespace

void Naive(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  const dim3 grid(static_cast<unsigned>((n + 31) / 32), static_cast<unsigned>((m + 7) / 8));
  Launch({grid, dim3(32, 8)}, NaiveKernel, a, b, y, m, n, k);
}

}  // namespace prova::cuda::ladder

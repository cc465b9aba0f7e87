#include "cuda/kernel.h"
#include "ops/matmul/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

constexpr int kSide = 16;

// #region step
/// A block a tile of 16 x 16 elements: 16 terms at a time go through shared memory.
__global__ void SharedTileKernel(const float* a, const float* b, float* y, int64_t m, int64_t n,
                                 int64_t k) {
  __shared__ SharedArray<float, kSide, kSide> a_memory;
  __shared__ SharedArray<float, kSide, kSide> b_memory;
  const auto a_tile = a_memory.view();
  const auto b_tile = b_memory.view();
  const int row = static_cast<int>(threadIdx.y), col = static_cast<int>(threadIdx.x);
  const int64_t i = int64_t{blockIdx.y} * kSide + row, j = int64_t{blockIdx.x} * kSide + col;
  float sum = 0;
  for (int64_t first = 0; first < k; first += kSide) {
    a_tile(row, col) = i < m && first + col < k ? a[i * k + first + col] : 0.0f;
    b_tile(row, col) = first + row < k && j < n ? b[(first + row) * n + j] : 0.0f;
    __syncthreads();
    for (int t = 0; t < kSide; ++t) {
      const float left = a_tile(row, t), right = b_tile(t, col);
      sum += left * right;
    }
    __syncthreads();
  }
  if (i < m && j < n) y[i * n + j] = sum;
}
// #endregion step

}  // namespace

void SharedTile(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  const dim3 grid(static_cast<unsigned>((n + kSide - 1) / kSide),
                  static_cast<unsigned>((m + kSide - 1) / kSide));
  Launch({grid, dim3(kSide, kSide)}, SharedTileKernel, a, b, y, m, n, k);
}

}  // namespace prova::cuda::ladder

#include "cuda/kernel.h"
#include "ops/matmul/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

constexpr int kSide = 64, kTerms = 16, kThreads = 16, kEach = kSide / kThreads;

// #region step
/// A block of 16 x 16 threads a tile of 64 x 64 elements; a thread sums every 16th of its rows and
/// columns, 4 x 4 elements, in registers.
__global__ void RegisterTileKernel(const float* a, const float* b, float* y, int64_t m, int64_t n,
                                   int64_t k) {
  // Of a a row more than the tile has: neighbours of a column lie in different banks.
  __shared__ SharedArray<float, kTerms, kSide + 1> a_memory;
  __shared__ SharedArray<float, kTerms, kSide> b_memory;
  const auto a_tile = a_memory.view();
  const auto b_tile = b_memory.view();
  const int thread_row = static_cast<int>(threadIdx.y), thread_col = static_cast<int>(threadIdx.x);
  const int thread = thread_row * kThreads + thread_col;
  const int64_t first_row = int64_t{blockIdx.y} * kSide, first_col = int64_t{blockIdx.x} * kSide;
  float sums[kEach][kEach] = {};
  for (int64_t first = 0; first < k; first += kTerms) {
    // Neighbouring threads read neighbours in memory: of a along terms, of b along columns.
    for (int e = thread; e < kTerms * kSide; e += kThreads * kThreads) {
      const int64_t i = first_row + e / kTerms, term = first + e % kTerms;
      a_tile(e % kTerms, e / kTerms) = i < m && term < k ? a[i * k + term] : 0.0f;
    }
    for (int e = thread; e < kTerms * kSide; e += kThreads * kThreads) {
      const int64_t term = first + e / kSide, j = first_col + e % kSide;
      b_tile(e / kSide, e % kSide) = term < k && j < n ? b[term * n + j] : 0.0f;
    }
    __syncthreads();
    for (int t = 0; t < kTerms; ++t) {
      float column[kEach], row[kEach];
      for (int e = 0; e < kEach; ++e) column[e] = a_tile(t, thread_row + e * kThreads);
      for (int e = 0; e < kEach; ++e) row[e] = b_tile(t, thread_col + e * kThreads);
      for (int r = 0; r < kEach; ++r) {
        for (int c = 0; c < kEach; ++c) sums[r][c] += column[r] * row[c];
      }
    }
    __syncthreads();
  }
  for (int r = 0; r < kEach; ++r) {
    for (int c = 0; c < kEach; ++c) {
      const int64_t i = first_row + thread_row + r * kThreads;
      const int64_t j = first_col + thread_col + c * kThreads;
      if (i < m && j < n) y[i * n + j] = sums[r][c];
    }
  }
}
// #endregion step

}  // namespace

void RegisterTile(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  const dim3 grid(static_cast<unsigned>((n + kSide - 1) / kSide),
                  static_cast<unsigned>((m + kSide - 1) / kSide));
  Launch({grid, dim3(kThreads, kThreads)}, RegisterTileKernel, a, b, y, m, n, k);
}

}  // namespace prova::cuda::ladder

#include "cuda/kernel.h"
#include "ops/matmul/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

constexpr int kSide = 128, kTerms = 8, kThreads = 16, kEach = kSide / kThreads;
constexpr int kPack = 4, kWidth = kSide + kPack;
using Floats = Pack<float, kPack>;

/// Four neighbours of a line of so many elements, zeros beyond it; at once where they are aligned.
__device__ __forceinline__ Floats LoadPack(const float* line, int64_t at, int64_t length) {
  if (length % kPack == 0 && at < length) return *reinterpret_cast<const Floats*>(line + at);
  Floats pack;
  for (int e = 0; e < kPack; ++e) pack[e] = at + e < length ? line[at + e] : 0.0f;
  return pack;
}

// #region step
/// A tile of 128 x 128, of which a thread sums 8 x 8 in four squares. Everything moves in 16 bytes,
/// and the next terms come while these are multiplied.
__global__ void __launch_bounds__(kThreads* kThreads)
    TwoBuffersKernel(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  __shared__ SharedArray<float, 2 * kTerms, kWidth> a_memory;
  __shared__ SharedArray<float, 2 * kTerms, kWidth> b_memory;
  const auto a_tile = a_memory.view();
  const auto b_tile = b_memory.view();
  const int thread = static_cast<int>(threadIdx.x);
  const int thread_row = thread / kThreads * kPack, thread_col = thread % kThreads * kPack;
  const int64_t first_row = int64_t{blockIdx.y} * kSide, first_col = int64_t{blockIdx.x} * kSide;
  // What this thread brings: a pack of terms of a row of a, a pack of columns of a row of b.
  const int a_row = thread / 2, a_term = thread % 2 * kPack;
  const int b_term = thread / 32, b_col = thread % 32 * kPack;
  Floats from_a, from_b;
  auto load = [&](int64_t first) {
    const bool has_row = first_row + a_row < m, has_term = first + b_term < k;
    const float* row = a + (first_row + a_row) * k;
    from_a = LoadPack(row, has_row ? first + a_term : k, k);
    from_b = LoadPack(b + (first + b_term) * n, has_term ? first_col + b_col : n, n);
  };
  float sums[kEach][kEach] = {};
  load(0);
  int line = 0;
  for (int64_t first = 0; first < k; first += kTerms, line = kTerms - line) {
    for (int e = 0; e < kPack; ++e) a_tile(line + a_term + e, a_row) = from_a[e];
    b_tile.Store<kPack>((line + b_term) * kWidth + b_col, from_b);
    __syncthreads();
    if (first + kTerms < k) load(first + kTerms);
    for (int t = line; t < line + kTerms; ++t) {
      float column[kEach], row[kEach];
      for (int half = 0; half < 2; ++half) {
        const int at = t * kWidth + half * kSide / 2;
        const Floats left = a_tile.Load<kPack>(at + thread_row);
        const Floats right = b_tile.Load<kPack>(at + thread_col);
        for (int e = 0; e < kPack; ++e) column[half * kPack + e] = left[e];
        for (int e = 0; e < kPack; ++e) row[half * kPack + e] = right[e];
      }
      for (int r = 0; r < kEach; ++r) {
        for (int c = 0; c < kEach; ++c) sums[r][c] += column[r] * row[c];
      }
    }
  }
  for (int r = 0; r < kEach; ++r) {
    for (int c = 0; c < kEach; ++c) {
      const int64_t i = first_row + thread_row + r / kPack * kSide / 2 + r % kPack;
      const int64_t j = first_col + thread_col + c / kPack * kSide / 2 + c % kPack;
      if (i < m && j < n) y[i * n + j] = sums[r][c];
    }
  }
}
// #endregion step

}  // namespace

void TwoBuffers(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  const dim3 grid(static_cast<unsigned>((n + kSide - 1) / kSide),
                  static_cast<unsigned>((m + kSide - 1) / kSide));
  Launch({grid, dim3(kThreads * kThreads)}, TwoBuffersKernel, a, b, y, m, n, k);
}

}  // namespace prova::cuda::ladder

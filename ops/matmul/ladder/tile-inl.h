// The register tile of steps 4 to 7; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_MATMUL_LADDER_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_MATMUL_LADDER_TILE_INL_H_
#undef PROVA_OPS_MATMUL_LADDER_TILE_INL_H_
#else
#define PROVA_OPS_MATMUL_LADDER_TILE_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// #region tile
inline constexpr int64_t kRows = HWY_TARGET <= HWY_AVX3 ? 8 : 4;
inline constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<float>());
inline constexpr int64_t kCols = 3 * kLanes;

/// y[r][j] += sum_t a[r][t] b[t][j] for kRows rows and so many vectors of columns; a step leads to
/// the next row.
template <int64_t vectors>
HWY_INLINE void AddTile(int64_t k, const float* a, int64_t a_step, const float* b, int64_t b_step,
                        float* y, int64_t y_step) {
  const hn::ScalableTag<float> d;
  hn::Vec<decltype(d)> sums[kRows][vectors];
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) sums[r][v] = hn::LoadU(d, y + r * y_step + v * kLanes);
  }
  for (int64_t t = 0; t < k; ++t) {
    hn::Vec<decltype(d)> row[vectors];
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) row[v] = hn::LoadU(d, b + t * b_step + v * kLanes);
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(d, a[r * a_step + t]);
      HWY_UNROLL(3)
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(factor, row[v], sums[r][v]);
    }
  }
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) hn::StoreU(sums[r][v], d, y + r * y_step + v * kLanes);
  }
}
// #endregion tile

/// The same for the edges of y, one number after another.
inline void AddEdge(int64_t rows, int64_t cols, int64_t k, const float* a, int64_t a_step,
                    const float* b, int64_t b_step, float* y, int64_t y_step) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < cols; ++j) {
      float sum = 0;
      for (int64_t t = 0; t < k; ++t) sum += a[r * a_step + t] * b[t * b_step + j];
      y[r * y_step + j] += sum;
    }
  }
}

/// y += a b for a block of any size, tile by tile: a panel of columns stays in the cache while the
/// rows of a pass by. Edges that fill no vector are left to the plain loop.
inline void AddBlock(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_step,
                     const float* b, int64_t b_step, float* y, int64_t y_step) {
  for (int64_t j = 0; j < n; j += kCols) {
    const int64_t cols = std::min(kCols, n - j), whole = cols / kLanes * kLanes;
    for (int64_t i = 0; i < m; i += kRows) {
      const int64_t rows = std::min(kRows, m - i), in_tile = rows == kRows ? whole : 0;
      const float* from = a + i * a_step;
      float* to = y + i * y_step + j;
      if (in_tile == 3 * kLanes) AddTile<3>(k, from, a_step, b + j, b_step, to, y_step);
      if (in_tile == 2 * kLanes) AddTile<2>(k, from, a_step, b + j, b_step, to, y_step);
      if (in_tile == kLanes) AddTile<1>(k, from, a_step, b + j, b_step, to, y_step);
      AddEdge(rows, cols - in_tile, k, from, a_step, b + j + in_tile, b_step, to + in_tile, y_step);
    }
  }
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

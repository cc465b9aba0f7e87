// Transposes in registers; included once a Highway target, after foreach_target.h.

#if defined(PROVA_BASE_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_BASE_TRANSPOSE_INL_H_
#undef PROVA_BASE_TRANSPOSE_INL_H_
#else
#define PROVA_BASE_TRANSPOSE_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// #region transpose
/// 16 bytes of as many rows as a vector has such blocks, `down` apart, the first row lowest.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadBlocks(D d, const T* from, int64_t down) {
  if constexpr (hn::MaxLanes(D()) * sizeof(T) == 16) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    constexpr int64_t kBlocks = hn::MaxLanes(half) * sizeof(T) / 16;
    return hn::Combine(d, LoadBlocks(half, from + kBlocks * down, down),
                       LoadBlocks(half, from, down));
  }
}

/// to[c][r] = from[r][c] for as many rows as a vector has lanes, and as many columns as 16 bytes
/// hold: block by block, halves of those are interleaved until they are rows of the target.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void TransposeStrip(D d, const T* from, int64_t from_stride, T* to, int64_t to_stride) {
  constexpr int kSide = 16 / sizeof(T);
  hn::Vec<D> rows[kSide], mixed[kSide];
  HWY_UNROLL(16)
  for (int r = 0; r < kSide; ++r) {
    rows[r] = LoadBlocks(d, from + r * from_stride, kSide * from_stride);
  }
  HWY_UNROLL(4)
  for (int width = 1; width < kSide; width *= 2) {
    HWY_UNROLL(8)
    for (int r = 0; r < kSide / 2; ++r) {
      mixed[2 * r] = hn::InterleaveLower(d, rows[r], rows[r + kSide / 2]);
      mixed[2 * r + 1] = hn::InterleaveUpper(d, rows[r], rows[r + kSide / 2]);
    }
    HWY_UNROLL(16)
    for (int r = 0; r < kSide; ++r) rows[r] = mixed[r];
  }
  HWY_UNROLL(16)
  for (int r = 0; r < kSide; ++r) hn::StoreU(rows[r], d, to + r * to_stride);
}
// #endregion transpose

// #region strips
/// to[j * to_step + i] = from[i * from_step + j] for i < rows, j < cols, at least as many rows as
/// 16 bytes hold elements, and columns: strips of whole vectors of rows, then narrower ones. Strips
/// at the ends overlap those before them.
template <class D, typename T = hn::TFromD<D>>
void TransposeStrips(D d, int64_t rows, int64_t cols, const T* from, int64_t from_step, T* to,
                     int64_t to_step) {
  constexpr int64_t kSide = 16 / sizeof(T), kLanes = hn::MaxLanes(d);
  auto transpose = [&](int64_t i) HWY_ATTR {
    for (int64_t next = 0; next < cols; next += kSide) {
      const int64_t j = std::min(next, cols - kSide);
      TransposeStrip(d, from + i * from_step + j, from_step, to + j * to_step + i, to_step);
    }
  };
  int64_t i = 0;
  for (; i + kLanes <= rows; i += kLanes) transpose(i);
  if (i == rows) return;
  if constexpr (kLanes > kSide) {
    if (i == 0 || rows - i <= kLanes / 2) {
      const int64_t first = std::min(i, rows - kSide);
      return TransposeStrips(hn::Half<D>(), rows - first, cols, from + first * from_step, from_step,
                             to + first, to_step);
    }
  }
  transpose(rows - kLanes);
}

/// The same for any number of rows and columns.
template <typename T>
void Transpose(int64_t rows, int64_t cols, const T* from, int64_t from_step, T* to,
               int64_t to_step) {
  constexpr int64_t kSide = 16 / sizeof(T);
  if (rows >= kSide && cols >= kSide) {
    const hn::ScalableTag<T> d;
    return TransposeStrips(d, rows, cols, from, from_step, to, to_step);
  }
  for (int64_t j = 0; j < cols; ++j) {
    for (int64_t i = 0; i < rows; ++i) to[j * to_step + i] = from[i * from_step + j];
  }
}
// #endregion strips

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

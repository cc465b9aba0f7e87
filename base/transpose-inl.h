// Transposes in registers; included once a Highway target, after foreach_target.h.

#if defined(PROVA_BASE_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_BASE_TRANSPOSE_INL_H_
#undef PROVA_BASE_TRANSPOSE_INL_H_
#else
#define PROVA_BASE_TRANSPOSE_INL_H_
#endif

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

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

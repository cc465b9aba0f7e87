// Loads and stores of part of a vector; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_VECTORS_INL_H_
#undef PROVA_OPS_COMMON_VECTORS_INL_H_
#else
#define PROVA_OPS_COMMON_VECTORS_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The first `count` elements at `from`, fewer than a vector, and `fill` in the lanes behind them.
/// Through a buffer: Highway's MaskedLoad reads a whole vector on targets without masks.
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> LoadPartial(D d, const T* from, int64_t count, T fill) {
  HWY_ALIGN T padded[hn::MaxLanes(D())];
  hn::Store(hn::Set(d, fill), d, padded);
  for (int64_t j = 0; j < count; ++j) padded[j] = from[j];
  return hn::Load(d, padded);
}

/// Stores the first `count` lanes, fewer than a vector.
template <class D, typename T = hn::TFromD<D>>
void StorePartial(hn::Vec<D> v, D d, T* to, int64_t count) {
  HWY_ALIGN T padded[hn::MaxLanes(D())];
  hn::Store(v, d, padded);
  for (int64_t j = 0; j < count; ++j) to[j] = padded[j];
}

/// Calls `whole(i)` for each whole vector of n elements, then `partial(i, count)` for the rest.
template <class D, typename Whole, typename Partial>
void ForEachVector(D d, int64_t n, Whole whole, Partial partial) {
  const int64_t lanes = hn::Lanes(d);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) whole(i);
  if (i < n) partial(i, n - i);
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

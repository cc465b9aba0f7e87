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
/// Through a buffer on targets without masks, where Highway's MaskedLoad reads a whole vector.
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> LoadPartial(D d, const T* from, int64_t count, T fill) {
  if constexpr (!HWY_MEM_OPS_MIGHT_FAULT) {
    const auto mask = hn::FirstN(d, static_cast<size_t>(count));
    return hn::IfThenElse(mask, hn::MaskedLoad(mask, d, from), hn::Set(d, fill));
  }
  HWY_ALIGN T padded[hn::MaxLanes(D())];
  hn::Store(hn::Set(d, fill), d, padded);
  for (int64_t j = 0; j < count; ++j) padded[j] = from[j];
  return hn::Load(d, padded);
}

/// Stores the first `count` lanes, fewer than a vector.
template <class D, typename T = hn::TFromD<D>>
void StorePartial(hn::Vec<D> v, D d, T* to, int64_t count) {
  if constexpr (!HWY_MEM_OPS_MIGHT_FAULT) {
    hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, to);
    return;
  }
  HWY_ALIGN T padded[hn::MaxLanes(D())];
  hn::Store(v, d, padded);
  for (int64_t j = 0; j < count; ++j) to[j] = padded[j];
}

/// The same for `count` elements up to a whole vector.
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> LoadUpTo(D d, const T* from, int64_t count) {
  return count == static_cast<int64_t>(hn::Lanes(d)) ? hn::LoadU(d, from)
                                                     : LoadPartial(d, from, count, T(0));
}
template <class D, typename T = hn::TFromD<D>>
void StoreUpTo(hn::Vec<D> v, D d, T* to, int64_t count) {
  if (count == static_cast<int64_t>(hn::Lanes(d))) return hn::StoreU(v, d, to);
  StorePartial(v, d, to, count);
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

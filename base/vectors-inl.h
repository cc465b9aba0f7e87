// Loads and stores of part of a vector; included once a Highway target, after foreach_target.h.

#if defined(PROVA_BASE_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_BASE_VECTORS_INL_H_
#undef PROVA_BASE_VECTORS_INL_H_
#else
#define PROVA_BASE_VECTORS_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The first `count` elements at `from`, fewer than a vector, and `fill` in the lanes behind them.
/// Through a buffer where the target has no masks: there MaskedLoad reads a whole vector.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadPartial(D d, const T* from, int64_t count, T fill) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T padded[hn::MaxLanes(D())];
  hn::Store(hn::Set(d, fill), d, padded);
  for (int64_t j = 0; j < count; ++j) padded[j] = from[j];
  return hn::Load(d, padded);
#else
  const auto inside = hn::FirstN(d, static_cast<size_t>(count));
  return hn::IfThenElse(inside, hn::MaskedLoad(inside, d, from), hn::Set(d, fill));
#endif
}

/// Stores the first `count` lanes, fewer than a vector.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void StorePartial(hn::Vec<D> v, D d, T* to, int64_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T padded[hn::MaxLanes(D())];
  hn::Store(v, d, padded);
  for (int64_t j = 0; j < count; ++j) to[j] = padded[j];
#else
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, to);
#endif
}

// #region halves
/// A whole vector of what may still lie in memory. Where it is as long as a cache line it comes in
/// two halves: Zen 4 reads ahead by a fifth faster for two loads of a line than for one.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadAhead(D d, const T* from) {
  if constexpr (hn::MaxLanes(D()) * sizeof(T) < 64) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, hn::LoadU(half, from + hn::Lanes(half)), hn::LoadU(half, from));
  }
}
// #endregion halves

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

/// Copies a row in whole vectors, the last of which may overlap the one before.
template <typename T>
HWY_INLINE void CopyRow(const T* from, int64_t count, T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  if (count < lanes) {
    std::memcpy(to, from, count * sizeof(T));
    return;
  }
  for (int64_t next = 0; next < count; next += lanes) {
    const int64_t at = std::min(next, count - lanes);
    hn::StoreU(hn::LoadU(d, from + at), d, to + at);
  }
}

/// Calls `whole(i)` for each whole vector of n elements, then `partial(i, count)` for the rest.
/// With `turn`, so many vectors in a turn of the loop: where they are few instructions each.
template <int turn = 1, class D, typename Whole, typename Partial>
HWY_INLINE void ForEachVector(D d, int64_t n, Whole whole, Partial partial) {
  const int64_t lanes = hn::Lanes(d);
  int64_t i = 0;
  for (; turn > 1 && i + turn * lanes <= n; i += turn * lanes) {
    HWY_UNROLL(8)
    for (int v = 0; v < turn; ++v) whole(i + v * lanes);
  }
  for (; i + lanes <= n; i += lanes) whole(i);
  if (i < n) partial(i, n - i);
}

// #region stream
/// A result of this many bytes has left every cache before someone reads it, so it is written
/// around them: memory then moves what is written once, instead of reading it first as well.
inline constexpr int64_t kStreamBytes = int64_t{16} << 20;

/// How the elements of a result are stored, `turn` vectors in a turn of the loop; made once for all
/// n of them.
template <typename T, int turn = 1>
class Storing {
 public:
  explicit Storing(int64_t n) : streams_(n * static_cast<int64_t>(sizeof(T)) >= kStreamBytes) {}

  /// y[i..] = value(i) for each whole vector of n elements, then rest(i, count) for those behind.
  template <class D, typename Value, typename Rest>
  HWY_INLINE void Store(D d, int64_t n, T* y, Value value, Rest rest) const {
    const auto store_rest = [&](int64_t i, int64_t count) {
      StorePartial(rest(i, count), d, y + i, count);
    };
    if (streams_ && reinterpret_cast<uintptr_t>(y) % (hn::Lanes(d) * sizeof(T)) == 0) {
      ForEachVector<turn>(
          d, n, [&](int64_t i) { hn::Stream(value(i), d, y + i); }, store_rest);
    } else {
      ForEachVector<turn>(
          d, n, [&](int64_t i) { hn::StoreU(value(i), d, y + i); }, store_rest);
    }
  }

  /// Orders this thread's stores before what it does next: the end of a task.
  void Finish() const {
    if (streams_) hwy::FlushStream();
  }

 private:
  bool streams_;
};
// #endregion stream

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

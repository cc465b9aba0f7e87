// Vector loops of the pointwise drivers; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_POINTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_POINTWISE_INL_H_
#undef PROVA_OPS_COMMON_POINTWISE_INL_H_
#else
#define PROVA_OPS_COMMON_POINTWISE_INL_H_
#endif

#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "ops/common/pointwise.h"

#include "ops/common/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// A vector of an operand: from its elements, or one of them repeated (step 0).
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> LoadOrRepeat(D d, const T* from, int64_t i, int64_t step) {
  return step == 0 ? hn::Set(d, *from) : hn::LoadU(d, from + i);
}

/// The same for the last `count` elements; the lanes behind them are ones, which most formulas
/// accept, and are never stored.
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> LoadOrRepeatPartial(D d, const T* from, int64_t i, int64_t step, int64_t count) {
  return step == 0 ? hn::Set(d, *from) : LoadPartial(d, from + i, count, T(1));
}

/// y[i] = f(d, x[i]), vectors of T, in parallel.
template <typename T, typename Formula>
void Map(const UnaryArgs& args, Formula f) {
  ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
    const hn::ScalableTag<T> d;
    const int64_t lanes = hn::Lanes(d);
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes) hn::StoreU(f(d, hn::LoadU(d, x + i)), d, y + i);
    if (i < end) StorePartial(f(d, LoadPartial(d, x + i, end - i, T(1))), d, y + i, end - i);
  });
}

/// y[i] = f(d, a[i], b[i]), vectors of T, in parallel.
template <typename T, typename Formula>
void Map(const BinaryArgs& args, Formula f) {
  const int64_t a_step = args.geometry.strides[0].back();
  const int64_t b_step = args.geometry.strides[1].back();
  ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
    const hn::ScalableTag<T> d;
    const int64_t lanes = hn::Lanes(d);
    T* y = static_cast<T*>(args.y) + begin;
    ForEachRun(args.geometry, begin, end, [&](const int64_t* offsets, int64_t count) {
      const T* a = static_cast<const T*>(args.a) + offsets[0];
      const T* b = static_cast<const T*>(args.b) + offsets[1];
      int64_t i = 0;
      for (; i + lanes <= count; i += lanes) {
        hn::StoreU(f(d, LoadOrRepeat(d, a, i, a_step), LoadOrRepeat(d, b, i, b_step)), d, y + i);
      }
      if (i < count) {
        const int64_t rest = count - i;
        const auto va = LoadOrRepeatPartial(d, a, i, a_step, rest);
        const auto vb = LoadOrRepeatPartial(d, b, i, b_step, rest);
        StorePartial(f(d, va, vb), d, y + i, rest);
      }
      y += count;
    });
  });
}

/// `Map` over float and double; over integers as well.
template <typename Args, typename Formula>
void MapFloats(const Args& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}
template <typename Args, typename Formula>
void MapNumbers(const Args& args, Formula f) {
  VisitNumbers(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

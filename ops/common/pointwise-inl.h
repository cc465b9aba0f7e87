// Vector loops of the pointwise drivers; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_POINTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_POINTWISE_INL_H_
#undef PROVA_OPS_COMMON_POINTWISE_INL_H_
#else
#define PROVA_OPS_COMMON_POINTWISE_INL_H_
#endif

#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "ops/common/pointwise.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// An operand along one run: its elements. The lanes behind the last are ones, which most formulas
/// accept, and are never stored.
template <typename T>
struct Elements {
  const T* from;

  template <class D>
  HWY_INLINE hn::Vec<D> Load(D d, int64_t i) const {
    return LoadAhead(d, from + i);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> LoadRest(D d, int64_t i, int64_t count) const {
    return LoadPartial(d, from + i, count, T(1));
  }
};

/// One of them, repeated.
template <class D>
struct Repeated {
  hn::Vec<D> all;

  HWY_INLINE Repeated(D d, hn::TFromD<D> value) : all(hn::Set(d, value)) {}
  HWY_INLINE hn::Vec<D> Load(D, int64_t) const { return all; }
  HWY_INLINE hn::Vec<D> LoadRest(D, int64_t, int64_t) const { return all; }
};

/// An operand along one run: its elements, or one of them repeated (step 0), which is then spread
/// over a vector, so that loops load both alike. That vector lies elsewhere: what is stored may
/// change what lies beside it, and these members would be read again for every load.
template <class D>
class RunOperand {
 public:
  using T = hn::TFromD<D>;
  using Spread = T[hn::MaxLanes(D())];

  HWY_INLINE RunOperand(D d, const T* from, int64_t step, Spread& spread)
      : from_(step == 0 ? spread : from), varies_(-step) {
    if (step == 0) hn::Store(hn::Set(d, *from), d, spread);
  }

  HWY_INLINE hn::Vec<D> Load(D d, int64_t i) const { return LoadAhead(d, from_ + (i & varies_)); }

  /// The last `count` elements; the lanes behind them are ones, which most formulas accept, and are
  /// never stored.
  HWY_INLINE hn::Vec<D> LoadRest(D d, int64_t i, int64_t count) const {
    return varies_ ? LoadPartial(d, from_ + i, count, T(1)) : hn::Load(d, from_);
  }

 private:
  const T* from_;
  int64_t varies_;  // no bits, or all
};

// #region map
/// What bounds a map: its streams of memory, or the instructions of its formula, which need the
/// units that put the two halves of `LoadAhead` together.
enum class Bound { kByMemory, kByFormula };

/// Vectors in a turn of a loop that memory bounds: on a core that another thread shares, the loop's
/// own instructions would count.
inline constexpr int kTurn = 4;

/// y[i] = f(d, x[i]), vectors of T, in parallel.
template <typename T, Bound bound = Bound::kByMemory,
          int turn = bound == Bound::kByMemory ? kTurn : 1, typename Formula>
void Map(const UnaryArgs& args, Formula f) {
  const Storing<T, turn> storing(args.n);
  ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
    const hn::ScalableTag<T> d;
    const T* x = static_cast<const T*>(args.x) + begin;
    storing.Store(
        d, end - begin, static_cast<T*>(args.y) + begin,
        [&](int64_t i) {
          if constexpr (bound == Bound::kByFormula) return f(d, hn::LoadU(d, x + i));
          return f(d, LoadAhead(d, x + i));
        },
        [&](int64_t i, int64_t rest) { return f(d, LoadPartial(d, x + i, rest, T(1))); });
    storing.Finish();
  });
}

/// y[i] = f(d, a[i], b[i]), vectors of T, in parallel.
template <typename T, typename Formula>
void Map(const BinaryArgs& args, Formula f) {
  const Storing<T, kTurn> storing(args.n);
  const int64_t a_step = args.geometry.strides[0].back();
  const int64_t b_step = args.geometry.strides[1].back();
  ParallelFor(args.n, kElementGrain, [&](int64_t begin, int64_t end) {
    const hn::ScalableTag<T> d;
    T* y = static_cast<T*>(args.y) + begin;
    const auto store = [&](int64_t count, auto a, auto b) {
      storing.Store(
          d, count, y, [=](int64_t i) { return f(d, a.Load(d, i), b.Load(d, i)); },
          [=](int64_t i, int64_t rest) {
            return f(d, a.LoadRest(d, i, rest), b.LoadRest(d, i, rest));
          });
      y += count;
    };
    ForEachRun(args.geometry, begin, end, [&](const int64_t* offsets, int64_t count) {
      const T* a = static_cast<const T*>(args.a) + offsets[0];
      const T* b = static_cast<const T*>(args.b) + offsets[1];
      const Elements<T> a_run = {a}, b_run = {b};
      if (a_step == 1 && b_step == 1) return store(count, a_run, b_run);
      if (a_step == 1) return store(count, a_run, Repeated(d, *b));
      if (b_step == 1) return store(count, Repeated(d, *a), b_run);
      store(count, Repeated(d, *a), Repeated(d, *b));
    });
    storing.Finish();
  });
}
// #endregion map

/// `Map` over float and double; over integers as well.
template <typename Args, typename Formula>
void MapFloats(const Args& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}
template <typename Args, typename Formula>
void MapNumbers(const Args& args, Formula f) {
  VisitNumbers(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}

/// `Map` over float and double of a formula that takes longer than memory, `turn` vectors in a turn
/// of the loop.
template <int turn = 1, typename Formula>
void MapFloatsByFormula(const UnaryArgs& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) {
    Map<typename decltype(type)::type, Bound::kByFormula, turn>(args, f);
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

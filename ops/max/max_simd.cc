#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/max/max_simd.cc"
#include <limits>

#include "hwy/foreach_target.h"

#include "ops/common/rows.h"
#include "ops/max/max_kernels.h"

#include "ops/common/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
struct MaxOp {
  template <typename T>
  static constexpr T kIdentity = std::numeric_limits<T>::has_infinity
                                     ? -std::numeric_limits<T>::infinity()
                                     : std::numeric_limits<T>::lowest();
  template <typename T>
  static T Combine(T a, T b) {
    return a > b || a != a ? a : b;
  }
  /// The instruction drops a NaN in one of its operands; which one differs between machines.
  template <class D>
  static hn::Vec<D> Combine(D, hn::Vec<D> a, hn::Vec<D> b) {
    if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
      const auto larger = hn::IfThenElse(hn::IsNaN(b), b, hn::Max(a, b));
      return hn::IfThenElse(hn::IsNaN(a), a, larger);
    } else {
      return hn::Max(a, b);
    }
  }
};

void Max(const ReduceArgs& args) {
  VisitNumbers(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ReduceAll<T>(args, MaxOp(), [](T peak) { return peak; });
  });
}
// #endregion simd

// #region simd_backward
template <class D>
hn::Mask<D> Ties(D, hn::Vec<D> x, hn::Vec<D> y) {
  return hn::Or(hn::Eq(x, y), hn::And(hn::IsNaN(x), hn::IsNaN(y)));
}

/// One maximum, its n elements side by side.
template <typename T>
void MaxBackwardRow(T dy, const T* x, T y, T* dx, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto peak = hn::Set(d, y);
  int64_t ties = 0;
  ForEachVector(
      d, n, [&](int64_t i) { ties += hn::CountTrue(d, Ties(d, hn::LoadU(d, x + i), peak)); },
      [&](int64_t i, int64_t count) {
        const auto rest = LoadPartial(d, x + i, count, T(0));
        const auto inside = hn::FirstN(d, static_cast<size_t>(count));
        ties += hn::CountTrue(d, hn::And(inside, Ties(d, rest, peak)));
      });
  const auto share = hn::Set(d, dy / static_cast<T>(ties));
  ForEachVector(
      d, n,
      [&](int64_t i) {
        hn::StoreU(hn::IfThenElseZero(Ties(d, hn::LoadU(d, x + i), peak), share), d, dx + i);
      },
      [&](int64_t i, int64_t count) {
        const auto rest = LoadPartial(d, x + i, count, T(0));
        StorePartial(hn::IfThenElseZero(Ties(d, rest, peak), share), d, dx + i, count);
      });
}

/// A vector of neighbouring maxima, their n elements `stride` apart.
template <class D, typename T>
void MaxBackwardVector(D d, hn::Vec<D> dy, const T* x, hn::Vec<D> y, T* dx, int64_t n,
                       int64_t stride) {
  constexpr int64_t kExactCount = 1 << 20;  // float counts exactly up to 2^24
  const auto one = hn::Set(d, T(1));
  auto ties = hn::Zero(d);
  for (int64_t first = 0; first < n; first += kExactCount) {
    auto count = hn::Zero(d);
    for (int64_t k = first; k < std::min(first + kExactCount, n); ++k) {
      count = hn::Add(count, hn::IfThenElseZero(Ties(d, hn::LoadU(d, x + k * stride), y), one));
    }
    ties = hn::Add(ties, count);
  }
  const auto share = hn::Div(dy, ties);
  for (int64_t k = 0; k < n; ++k) {
    const auto mine = Ties(d, hn::LoadU(d, x + k * stride), y);
    hn::StoreU(hn::IfThenElseZero(mine, share), d, dx + k * stride);
  }
}

/// Neighbouring maxima; fewer than a vector go one by one, a last vector overlaps its neighbour.
template <typename T>
void MaxBackwardColumns(const T* dy, const T* x, const T* y, T* dx, int64_t n, int64_t stride,
                        int64_t columns) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const int64_t lanes = hn::Lanes(d);
  if (columns < lanes) {
    for (int64_t c = 0; c < columns; ++c) {
      MaxBackwardVector(one, hn::Set(one, dy[c]), x + c, hn::Set(one, y[c]), dx + c, n, stride);
    }
    return;
  }
  for (int64_t next = 0; next < columns; next += lanes) {
    const int64_t c = std::min(next, columns - lanes);
    MaxBackwardVector(d, hn::LoadU(d, dy + c), x + c, hn::LoadU(d, y + c), dx + c, n, stride);
  }
}

void MaxBackward(const MaxBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const int64_t axis = args.axis, inner = args.inner;
    const int64_t tiles = (inner + kReduceTile - 1) / kReduceTile;
    const int64_t grain = ElementGrain(axis * std::min(inner, kReduceTile));
    ParallelFor(args.outer * tiles, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t o = task / tiles, c = task % tiles * kReduceTile;
        const T* dy = static_cast<const T*>(args.dy) + o * inner + c;
        const T* y = static_cast<const T*>(args.y) + o * inner + c;
        const T* x = static_cast<const T*>(args.x) + o * axis * inner + c;
        T* dx = static_cast<T*>(args.dx) + o * axis * inner + c;
        if (inner == 1) {
          MaxBackwardRow(*dy, x, *y, dx, axis);
        } else {
          MaxBackwardColumns(dy, x, y, dx, axis, inner, std::min(kReduceTile, inner - c));
        }
      }
    });
  });
}
// #endregion simd_backward

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Max);
HWY_EXPORT(MaxBackward);
void Max(const ReduceArgs& args) { HWY_DYNAMIC_DISPATCH(Max)(args); }
void MaxBackward(const MaxBackwardArgs& args) { HWY_DYNAMIC_DISPATCH(MaxBackward)(args); }

}  // namespace prova::simd
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/max/max_simd.cc"
#include <algorithm>
#include <atomic>
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
  /// As above: the instruction drops a NaN in one of its operands, which one differs.
  template <class D>
  static hn::Vec<D> Combine(D, hn::Vec<D> a, hn::Vec<D> b) {
    if constexpr (hwy::IsFloat<hn::TFromD<D>>()) {
      return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
    } else {
      return hn::Max(a, b);
    }
  }
  /// By the instruction where no NaN is among them: a sum beside it would have become NaN. That of
  /// both infinities does so too.
  template <class D, typename T = hn::TFromD<D>>
  requires(hwy::IsFloat<T>()) static bool TryRow(D d, const T* x, int64_t n, T& y) {
    const int64_t lanes = hn::Lanes(d);
    hn::Vec<D> peaks[4], sums[4];
    for (auto& peak : peaks) peak = hn::Set(d, kIdentity<T>);
    for (auto& sum : sums) sum = hn::Zero(d);
    const auto join = [&](int k, hn::Vec<D> v) {
      peaks[k] = hn::Max(v, peaks[k]);
      sums[k] = hn::Add(sums[k], v);
    };
    int64_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      HWY_UNROLL(4)
      for (int k = 0; k < 4; ++k) join(k, LoadAhead(d, x + i + k * lanes));
    }
    for (; i + lanes <= n; i += lanes) join(0, LoadAhead(d, x + i));
    if (i < n) join(1, LoadPartial(d, x + i, n - i, x[i]));
    const auto sum = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
    const auto peak = hn::Max(hn::Max(peaks[0], peaks[1]), hn::Max(peaks[2], peaks[3]));
    y = hn::GetLane(hn::MaxOfLanes(d, peak));
    return hn::AllFalse(d, hn::IsNaN(sum));
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

constexpr int64_t kTile = 1024;  // columns whose counts of ties stay in the first-level cache
constexpr int64_t kExactCount = 1 << 20;  // float counts exactly up to 2^24
using Counts = std::atomic<int64_t>[kTile];

/// How many of n neighbours are y.
template <typename T>
int64_t CountTies(const T* x, int64_t n, T y) {
  const hn::ScalableTag<T> d;
  const auto peak = hn::Set(d, y);
  int64_t ties = 0;
  ForEachVector(
      d, n,
      [&](int64_t i) {
        ties += static_cast<int64_t>(hn::CountTrue(d, Ties(d, hn::LoadU(d, x + i), peak)));
      },
      [&](int64_t i, int64_t count) {
        const auto rest = LoadPartial(d, x + i, count, T(0));
        const auto inside = hn::FirstN(d, static_cast<size_t>(count));
        ties += static_cast<int64_t>(hn::CountTrue(d, hn::And(inside, Ties(d, rest, peak))));
      });
  return ties;
}

/// counts[c] += how many of x[0..rows-1][c] are y[c].
template <typename T>
void CountTiesOfColumns(const T* x, int64_t rows, int64_t stride, const T* y, int64_t columns,
                        Counts& counts) {
  const hn::ScalableTag<T> d;
  HWY_ALIGN T ties[kTile];
  for (int64_t first = 0; first < rows; first += kExactCount) {
    std::fill_n(ties, columns, T(0));
    for (int64_t row = first; row < std::min(first + kExactCount, rows); ++row) {
      const T* from = x + row * stride;
      const auto count = [&](auto sum, auto v, auto peak) {
        return hn::Add(sum, hn::IfThenElseZero(Ties(d, v, peak), hn::Set(d, T(1))));
      };
      ForEachVector(
          d, columns,
          [&](int64_t c) {
            const auto sum = hn::LoadU(d, ties + c);
            hn::StoreU(count(sum, hn::LoadU(d, from + c), hn::LoadU(d, y + c)), d, ties + c);
          },
          [&](int64_t c, int64_t rest) {
            const auto v = LoadPartial(d, from + c, rest, T(0));
            const auto sum = LoadPartial(d, ties + c, rest, T(0));
            StorePartial(count(sum, v, LoadPartial(d, y + c, rest, T(0))), d, ties + c, rest);
          });
    }
    for (int64_t c = 0; c < columns; ++c) counts[c] += static_cast<int64_t>(ties[c]);
  }
}

/// dx[i] = x[i] is y[i * step] ? share[i * step] : 0 for n neighbours.
template <typename T>
void ShareAmongTies(const T* x, int64_t n, const T* y, const T* share, int64_t step,
                    const Storing<T>& storing, T* dx) {
  const hn::ScalableTag<T> d;
  const auto all_y = hn::Set(d, *y), all_share = hn::Set(d, *share);
  const auto shared = [&](auto v, auto peak, auto part) {
    return hn::IfThenElseZero(Ties(d, v, peak), part);
  };
  if (step == 0) {
    storing.Store(
        d, n, dx, [&](int64_t i) { return shared(hn::LoadU(d, x + i), all_y, all_share); },
        [&](int64_t i, int64_t rest) {
          return shared(LoadPartial(d, x + i, rest, T(0)), all_y, all_share);
        });
  } else {
    storing.Store(
        d, n, dx,
        [&](int64_t i) {
          return shared(hn::LoadU(d, x + i), hn::LoadU(d, y + i), hn::LoadU(d, share + i));
        },
        [&](int64_t i, int64_t rest) {
          return shared(LoadPartial(d, x + i, rest, T(0)), LoadPartial(d, y + i, rest, T(0)),
                        LoadPartial(d, share + i, rest, T(0)));
        });
  }
}

/// Up to `kTile` neighbouring maxima, each of n elements `stride` apart. A long axis is shared
/// among threads: counts are integers, so any order of adding them gives the same.
template <typename T>
void MaxBackwardTile(const T* dy, const T* x, const T* y, T* dx, int64_t n, int64_t stride,
                     int64_t columns, const Storing<T>& storing) {
  const int64_t grain = ElementGrain(columns);
  Counts counts = {};
  ParallelFor(n, grain, [&](int64_t begin, int64_t end) {
    if (stride == 1) {
      counts[0] += CountTies(x + begin, end - begin, *y);
    } else {
      CountTiesOfColumns(x + begin * stride, end - begin, stride, y, columns, counts);
    }
  });
  T share[kTile];
  for (int64_t c = 0; c < columns; ++c) share[c] = dy[c] / static_cast<T>(counts[c].load());
  ParallelFor(n, grain, [&](int64_t begin, int64_t end) {
    if (stride == 1) {
      ShareAmongTies(x + begin, end - begin, y, share, 0, storing, dx + begin);
    } else {
      for (int64_t row = begin; row < end; ++row) {
        ShareAmongTies(x + row * stride, columns, y, share, 1, storing, dx + row * stride);
      }
    }
    storing.Finish();
  });
}

/// Rows of neighbours, each short enough for one thread.
template <typename T>
void MaxBackwardRows(const MaxBackwardArgs& args, const Storing<T>& storing) {
  ParallelFor(args.outer, ElementGrain(args.axis), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      const T* x = static_cast<const T*>(args.x) + o * args.axis;
      const T* y = static_cast<const T*>(args.y) + o;
      const T ties = static_cast<T>(CountTies(x, args.axis, *y));
      const T share = static_cast<const T*>(args.dy)[o] / ties;
      ShareAmongTies(x, args.axis, y, &share, 0, storing, static_cast<T*>(args.dx) + o * args.axis);
    }
    storing.Finish();
  });
}

void MaxBackward(const MaxBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const int64_t axis = args.axis, inner = args.inner;
    const Storing<T> storing(args.outer * axis * inner);
    if (inner == 1 && axis <= kElementGrain) return MaxBackwardRows<T>(args, storing);
    const int64_t tiles = (inner + kTile - 1) / kTile;
    const int64_t grain = ElementGrain(axis * std::min(inner, kTile));
    ParallelFor(args.outer * tiles, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t o = task / tiles, c = task % tiles * kTile;
        const int64_t at = o * inner + c, first = o * axis * inner + c;
        MaxBackwardTile(static_cast<const T*>(args.dy) + at, static_cast<const T*>(args.x) + first,
                        static_cast<const T*>(args.y) + at, static_cast<T*>(args.dx) + first, axis,
                        inner, std::min(kTile, inner - c), storing);
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

// Vector loops along rows; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_ROWS_INL_H_
#undef PROVA_OPS_COMMON_ROWS_INL_H_
#else
#define PROVA_OPS_COMMON_ROWS_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"

#include "base/vectors-inl.h"
#include "ops/common/rows.h"

#include "ops/common/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Calls `step(chain, i)` for each whole vector of a row, chains 0..3 in turn, so that no sum waits
/// for the one before it; then `rest(i, count)` for the elements behind them.
template <class D, typename Step, typename Rest>
HWY_INLINE void InFourChains(D d, int64_t cols, Step step, Rest rest) {
  const int64_t lanes = hn::Lanes(d);
  int64_t i = 0;
  for (; i + 4 * lanes <= cols; i += 4 * lanes) {
    HWY_UNROLL(4)
    for (int chain = 0; chain < 4; ++chain) step(chain, i + chain * lanes);
  }
  for (; i + lanes <= cols; i += lanes) step(0, i);
  if (i < cols) rest(i, cols - i);
}

/// The largest element of a row; -inf of none.
template <typename T>
T PeakOfRow(const T* x, int64_t cols) {
  const hn::ScalableTag<T> d;
  constexpr T kLowest = -std::numeric_limits<T>::infinity();
  hn::Vec<decltype(d)> peaks[4];
  for (auto& peak : peaks) peak = hn::Set(d, kLowest);
  InFourChains(
      d, cols, [&](int k, int64_t i) { peaks[k] = hn::Max(peaks[k], LoadAhead(d, x + i)); },
      [&](int64_t i, int64_t count) {
        peaks[1] = hn::Max(peaks[1], LoadPartial(d, x + i, count, kLowest));
      });
  const auto peak = hn::Max(hn::Max(peaks[0], peaks[1]), hn::Max(peaks[2], peaks[3]));
  return hn::GetLane(hn::MaxOfLanes(d, peak));
}

// #region exps
/// The sum of e^(x - peak) over a row; `keep(e, i)` and, for the rest, `keep_rest(e, i, count)` see
/// the terms. Lanes behind the row get the peak, then are dropped: none leaves exp's fast range.
template <typename T, typename Keep, typename KeepRest>
HWY_INLINE T SumOfExps(const T* x, int64_t cols, T peak, Keep keep, KeepRest keep_rest) {
  const hn::ScalableTag<T> d;
  const auto shift = hn::Set(d, peak);
  auto sums = hn::Zero(d);
  ForEachVector(
      d, cols,
      [&](int64_t i) {
        const auto e = math::Exp(d, hn::Sub(hn::LoadU(d, x + i), shift));
        sums = hn::Add(sums, e);
        keep(e, i);
      },
      [&](int64_t i, int64_t count) {
        const auto below = hn::Sub(LoadPartial(d, x + i, count, peak), shift);
        const auto inside = hn::FirstN(d, static_cast<size_t>(count));
        const auto e = hn::IfThenElseZero(inside, math::Exp(d, below));
        sums = hn::Add(sums, e);
        keep_rest(e, i, count);
      });
  return hn::GetLane(hn::SumOfLanes(d, sums));
}
// #endregion exps
template <typename T>
HWY_INLINE T SumOfExps(const T* x, int64_t cols, T peak) {
  return SumOfExps(
      x, cols, peak, [](auto, int64_t) {}, [](auto, int64_t, int64_t) {});
}

/// Calls `f(…, y, cols, storing)` for every row, in parallel. For kernels that read as they write:
/// one that computes first and writes then in a burst is faster with ordinary stores.
template <typename Args, typename Formula>
void StoreRows(const Args& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const Storing<T> storing(args.rows * args.cols);
    ParallelFor(args.rows, ElementGrain(args.cols), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        internal::ApplyToRow<T>(args, row, [&](auto... of_row) { f(of_row..., storing); });
      }
      storing.Finish();
    });
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/log_softmax/log_softmax_simd.cc"
#include <cmath>

#include "hwy/foreach_target.h"

#include "ops/log_softmax/log_softmax_kernels.h"

#include "ops/common/rows-inl.h"
#include "ops/common/rows_together-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
template <typename T>
void LogSoftmaxRow(const T* x, T* y, int64_t cols) {
  const hn::ScalableTag<T> d;
  const T peak = PeakOfRow(x, cols), sum = SumOfExps(x, cols, peak);

  // Subtract the peak, then the logarithm, one a row.
  const auto shift = hn::Set(d, peak), log_sum = hn::Set(d, std::log(sum));
  const auto lower = [&](auto v) { return hn::Sub(hn::Sub(v, shift), log_sum); };
  ForEachVector(
      d, cols, [&](int64_t i) { hn::StoreU(lower(hn::LoadU(d, x + i)), d, y + i); },
      [&](int64_t i, int64_t count) {
        StorePartial(lower(LoadPartial(d, x + i, count, peak)), d, y + i, count);
      });
}

/// The same for some short rows, in turns.
template <int rows, typename T>
void LogSoftmaxRows(const T* x, T* y, int64_t cols) {
  const hn::ScalableTag<T> d;
  T peak[kTogether<T>], log_of_sum[kTogether<T>];
  LogsOfSums<rows>(x, cols, peak, log_of_sum);
  ForEachOfRow(d, cols, [&](auto load, auto store) {
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
      const auto below = hn::Sub(load(x + r * cols, T(0)), hn::Set(d, peak[r]));
      store(hn::Sub(below, hn::Set(d, log_of_sum[r])), y + r * cols);
    }
  });
}
// #endregion simd

// #region simd_backward
template <typename T>
void LogSoftmaxBackwardRow(const T* dy, const T* y, T* dx, int64_t cols,
                           const Storing<T>& storing) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  InFourChains(
      d, cols, [&](int k, int64_t i) { sums[k] = hn::Add(sums[k], LoadAhead(d, dy + i)); },
      [&](int64_t i, int64_t count) {
        sums[1] = hn::Add(sums[1], LoadPartial(d, dy + i, count, T(0)));
      });
  const auto total =
      hn::SumOfLanes(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])));
  storing.Store(
      d, cols, dx,
      [&](int64_t i) {
        return hn::NegMulAdd(math::Exp(d, hn::LoadU(d, y + i)), total, hn::LoadU(d, dy + i));
      },
      [&](int64_t i, int64_t count) {
        const auto p = math::Exp(d, LoadPartial(d, y + i, count, T(0)));
        return hn::NegMulAdd(p, total, LoadPartial(d, dy + i, count, T(0)));
      });
}
// #endregion simd_backward

void LogSoftmax(const RowsArgs& args) {
  if (args.cols > kSumsTogether) {
    return MapRowsInParallel(
        args, [](const auto* x, auto* y, int64_t cols) { LogSoftmaxRow(x, y, cols); });
  }
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ParallelFor(args.rows, ElementGrain(args.cols), [&](int64_t begin, int64_t end) {
      ForEachTogether<T>(begin, end, [&](auto together, int64_t row) {
        const int64_t at = row * args.cols;
        LogSoftmaxRows<together()>(static_cast<const T*>(args.x) + at, static_cast<T*>(args.y) + at,
                                   args.cols);
      });
    });
  });
}

void LogSoftmaxBackward(const RowsBackwardArgs& args) {
  StoreRows(args, [](const auto* dy, const auto* y, auto* dx, int64_t cols, const auto& storing) {
    LogSoftmaxBackwardRow(dy, y, dx, cols, storing);
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(LogSoftmax);
HWY_EXPORT(LogSoftmaxBackward);
void LogSoftmax(const RowsArgs& args) { HWY_DYNAMIC_DISPATCH(LogSoftmax)(args); }
void LogSoftmaxBackward(const RowsBackwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(LogSoftmaxBackward)(args);
}

}  // namespace prova::simd
#endif

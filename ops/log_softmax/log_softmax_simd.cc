#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/log_softmax/log_softmax_simd.cc"
#include <cmath>
#include <limits>

#include "hwy/foreach_target.h"

#include "ops/log_softmax/log_softmax_kernels.h"

#include "ops/common/math-inl.h"
#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
template <typename T>
void LogSoftmaxRow(const T* x, T* y, int64_t cols) {
  const hn::ScalableTag<T> d;
  constexpr T kLowest = -std::numeric_limits<T>::infinity();

  // Find the peak of the row.
  auto peaks = hn::Set(d, kLowest);
  ForEachVector(
      d, cols, [&](int64_t i) { peaks = hn::Max(peaks, hn::LoadU(d, x + i)); },
      [&](int64_t i, int64_t count) {
        peaks = hn::Max(peaks, LoadPartial(d, x + i, count, kLowest));
      });
  const auto peak = hn::MaxOfLanes(d, peaks);

  // Sum the exponentials of what lies below it. The lanes behind the row add exp(-inf) = 0.
  auto sums = hn::Zero(d);
  ForEachVector(
      d, cols,
      [&](int64_t i) {
        const auto below = hn::Sub(hn::LoadU(d, x + i), peak);
        hn::StoreU(below, d, y + i);
        sums = hn::Add(sums, math::Exp(d, below));
      },
      [&](int64_t i, int64_t count) {
        const auto below = hn::Sub(LoadPartial(d, x + i, count, kLowest), peak);
        StorePartial(below, d, y + i, count);
        sums = hn::Add(sums, math::Exp(d, below));
      });

  // Subtract the logarithm, one a row.
  const auto log_sum = hn::Set(d, std::log(hn::GetLane(hn::SumOfLanes(d, sums))));
  ForEachVector(
      d, cols, [&](int64_t i) { hn::StoreU(hn::Sub(hn::LoadU(d, y + i), log_sum), d, y + i); },
      [&](int64_t i, int64_t count) {
        StorePartial(hn::Sub(LoadPartial(d, y + i, count, T(0)), log_sum), d, y + i, count);
      });
}
// #endregion simd

template <typename T>
void LogSoftmaxBackwardRow(const T* dy, const T* y, T* dx, int64_t cols) {
  const hn::ScalableTag<T> d;
  auto sums = hn::Zero(d);
  ForEachVector(
      d, cols, [&](int64_t i) { sums = hn::Add(sums, hn::LoadU(d, dy + i)); },
      [&](int64_t i, int64_t count) { sums = hn::Add(sums, LoadPartial(d, dy + i, count, T(0))); });
  const auto total = hn::SumOfLanes(d, sums);
  ForEachVector(
      d, cols,
      [&](int64_t i) {
        const auto p = math::Exp(d, hn::LoadU(d, y + i));
        hn::StoreU(hn::NegMulAdd(p, total, hn::LoadU(d, dy + i)), d, dx + i);
      },
      [&](int64_t i, int64_t count) {
        const auto p = math::Exp(d, LoadPartial(d, y + i, count, T(0)));
        StorePartial(hn::NegMulAdd(p, total, LoadPartial(d, dy + i, count, T(0))), d, dx + i,
                     count);
      });
}

void LogSoftmax(const RowsArgs& args) {
  MapRowsInParallel(args, [](const auto* x, auto* y, int64_t cols) { LogSoftmaxRow(x, y, cols); });
}

void LogSoftmaxBackward(const RowsBackwardArgs& args) {
  MapRowsInParallel(args, [](const auto* dy, const auto* y, auto* dx, int64_t cols) {
    LogSoftmaxBackwardRow(dy, y, dx, cols);
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

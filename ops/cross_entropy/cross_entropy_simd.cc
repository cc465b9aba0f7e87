#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cross_entropy/cross_entropy_simd.cc"
#include <algorithm>
#include <cmath>

#include "hwy/foreach_target.h"

#include "ops/common/rows.h"
#include "ops/cross_entropy/cross_entropy_kernels.h"

#include "ops/common/rows-inl.h"
#include "ops/common/rows_together-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// The sum of x - peak over a row.
template <typename T>
T SumBelow(const T* x, int64_t cols, T peak) {
  const hn::ScalableTag<T> d;
  const auto shift = hn::Set(d, peak);
  hn::Vec<decltype(d)> sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  InFourChains(
      d, cols,
      [&](int k, int64_t i) { sums[k] = hn::Add(sums[k], hn::Sub(hn::LoadU(d, x + i), shift)); },
      [&](int64_t i, int64_t count) {
        sums[1] = hn::Add(sums[1], hn::Sub(LoadPartial(d, x + i, count, peak), shift));
      });
  const auto sum = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// #region simd
template <typename T>
T LossOf(const T* z, int64_t target, int64_t cols, T smoothing, T peak, T log_of_sum) {
  T loss = log_of_sum - (1 - smoothing) * (z[target] - peak);
  if (smoothing > 0) loss -= smoothing * SumBelow(z, cols, peak) / T(cols);
  return loss;
}

template <typename T>
void LossOfRow(const CrossEntropyArgs& args, int64_t row) {
  const T* z = static_cast<const T*>(args.logits) + row * args.cols;
  T& loss = static_cast<T*>(args.loss)[row] = 0;
  if (args.target[row] == args.ignore_index) return;
  const T peak = PeakOfRow(z, args.cols), sum = SumOfExps(z, args.cols, peak);
  loss = LossOf(z, args.target[row], args.cols, static_cast<T>(args.label_smoothing), peak,
                std::log(sum));
}
// #endregion simd

// #region short
/// The losses of some short rows, from `row` on.
template <int rows, typename T>
void LossesOfRows(const CrossEntropyArgs& args, int64_t row) {
  const int64_t cols = args.cols;
  const T* z = static_cast<const T*>(args.logits) + row * cols;
  T peak[kTogether<T>], log_of_sum[kTogether<T>];
  LogsOfSums<rows>(z, cols, peak, log_of_sum);

  const T smoothing = static_cast<T>(args.label_smoothing);
  T* loss = static_cast<T*>(args.loss) + row;
  for (int r = 0; r < rows; ++r) {
    const int64_t target = args.target[row + r];
    loss[r] = target == args.ignore_index
                  ? T(0)
                  : LossOf(z + r * cols, target, cols, smoothing, peak[r], log_of_sum[r]);
  }
}
// #endregion short

// #region simd_backward
template <typename T>
void GradientOfRow(T weight, const T* z, int64_t target, T* dz, int64_t cols, T smoothing) {
  const hn::ScalableTag<T> d;
  // Keep the exponentials where the gradient will be.
  const T sum = SumOfExps(
      z, cols, PeakOfRow(z, cols), [&](auto e, int64_t j) { hn::StoreU(e, d, dz + j); },
      [&](auto e, int64_t j, int64_t count) { StorePartial(e, d, dz + j, count); });

  // weight * ((e - own) / sum - smoothing / cols), where only the label has a share of its own.
  dz[target] -= (1 - smoothing) * sum;
  const auto scale = hn::Set(d, weight / sum), even = hn::Set(d, weight * smoothing / T(cols));
  ForEachVector(
      d, cols,
      [&](int64_t j) { hn::StoreU(hn::MulSub(hn::LoadU(d, dz + j), scale, even), d, dz + j); },
      [&](int64_t j, int64_t count) {
        StorePartial(hn::MulSub(LoadPartial(d, dz + j, count, T(0)), scale, even), d, dz + j,
                     count);
      });
}
// #endregion simd_backward

void CrossEntropy(const CrossEntropyArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (args.cols > kSumsTogether) {
      return ForEachRow(args.rows, args.cols, [&](int64_t row) { LossOfRow<T>(args, row); });
    }
    ParallelFor(args.rows, ElementGrain(args.cols), [&](int64_t begin, int64_t end) {
      ForEachTogether<T>(begin, end,
                         [&](auto rows, int64_t row) { LossesOfRows<rows(), T>(args, row); });
    });
  });
}

void CrossEntropyBackward(const CrossEntropyBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ForEachRow(args.rows, args.cols, [&](int64_t row) {
      const T* z = static_cast<const T*>(args.logits) + row * args.cols;
      T* dz = static_cast<T*>(args.dlogits) + row * args.cols;
      if (args.target[row] == args.ignore_index) {
        std::fill(dz, dz + args.cols, T(0));
      } else {
        GradientOfRow(static_cast<const T*>(args.weight)[row], z, args.target[row], dz, args.cols,
                      static_cast<T>(args.label_smoothing));
      }
    });
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(CrossEntropy);
HWY_EXPORT(CrossEntropyBackward);
void CrossEntropy(const CrossEntropyArgs& args) { HWY_DYNAMIC_DISPATCH(CrossEntropy)(args); }
void CrossEntropyBackward(const CrossEntropyBackwardArgs& args) {
  HWY_DYNAMIC_DISPATCH(CrossEntropyBackward)(args);
}

}  // namespace prova::simd
#endif

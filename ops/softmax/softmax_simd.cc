#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/softmax/softmax_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/softmax/softmax_kernels.h"

#include "ops/common/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
template <typename T>
void SoftmaxRow(const T* x, T* y, int64_t cols) {
  const hn::ScalableTag<T> d;
  const T peak = PeakOfRow(x, cols);

  // Exponentiate what lies below the peak.
  const T sum = SumOfExps(
      x, cols, peak, [&](auto e, int64_t i) { hn::StoreU(e, d, y + i); },
      [&](auto e, int64_t i, int64_t count) { StorePartial(e, d, y + i, count); });

  // Multiply by the reciprocal of the sum.
  const auto scale = hn::Set(d, T(1) / sum);
  ForEachVector(
      d, cols, [&](int64_t i) { hn::StoreU(hn::Mul(hn::LoadU(d, y + i), scale), d, y + i); },
      [&](int64_t i, int64_t count) {
        StorePartial(hn::Mul(LoadPartial(d, y + i, count, T(0)), scale), d, y + i, count);
      });
}
// #endregion simd

// #region simd_backward
template <typename T>
void SoftmaxBackwardRow(const T* dy, const T* y, T* dx, int64_t cols, const Storing<T>& storing) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  InFourChains(
      d, cols,
      [&](int k, int64_t i) {
        sums[k] = hn::MulAdd(LoadAhead(d, dy + i), LoadAhead(d, y + i), sums[k]);
      },
      [&](int64_t i, int64_t count) {
        sums[1] = hn::MulAdd(LoadPartial(d, dy + i, count, T(0)),
                             LoadPartial(d, y + i, count, T(0)), sums[1]);
      });
  const auto mean =
      hn::SumOfLanes(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])));
  storing.Store(
      d, cols, dx,
      [&](int64_t i) { return hn::Mul(hn::LoadU(d, y + i), hn::Sub(hn::LoadU(d, dy + i), mean)); },
      [&](int64_t i, int64_t count) {
        return hn::Mul(LoadPartial(d, y + i, count, T(0)),
                       hn::Sub(LoadPartial(d, dy + i, count, T(0)), mean));
      });
}
// #endregion simd_backward

void Softmax(const RowsArgs& args) {
  MapRowsInParallel(args, [](const auto* x, auto* y, int64_t cols) { SoftmaxRow(x, y, cols); });
}

void SoftmaxBackward(const RowsBackwardArgs& args) {
  StoreRows(args, [](const auto* dy, const auto* y, auto* dx, int64_t cols, const auto& storing) {
    SoftmaxBackwardRow(dy, y, dx, cols, storing);
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Softmax);
HWY_EXPORT(SoftmaxBackward);
void Softmax(const RowsArgs& args) { HWY_DYNAMIC_DISPATCH(Softmax)(args); }
void SoftmaxBackward(const RowsBackwardArgs& args) { HWY_DYNAMIC_DISPATCH(SoftmaxBackward)(args); }

}  // namespace prova::simd
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/softmax/softmax_simd.cc"
#include <limits>

#include "hwy/foreach_target.h"

#include "ops/softmax/softmax_kernels.h"

#include "ops/common/math-inl.h"
#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
template <typename T>
void SoftmaxRow(const T* x, T* y, int64_t cols) {
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

  // Exponentiate what lies below it. The lanes behind the row are -inf and add exp(-inf) = 0.
  auto sums = hn::Zero(d);
  ForEachVector(
      d, cols,
      [&](int64_t i) {
        const auto e = math::Exp(d, hn::Sub(hn::LoadU(d, x + i), peak));
        sums = hn::Add(sums, e);
        hn::StoreU(e, d, y + i);
      },
      [&](int64_t i, int64_t count) {
        const auto e = math::Exp(d, hn::Sub(LoadPartial(d, x + i, count, kLowest), peak));
        sums = hn::Add(sums, e);
        StorePartial(e, d, y + i, count);
      });

  // Multiply by the reciprocal of the sum.
  const auto scale = hn::Div(hn::Set(d, T(1)), hn::SumOfLanes(d, sums));
  ForEachVector(
      d, cols, [&](int64_t i) { hn::StoreU(hn::Mul(hn::LoadU(d, y + i), scale), d, y + i); },
      [&](int64_t i, int64_t count) {
        StorePartial(hn::Mul(LoadPartial(d, y + i, count, T(0)), scale), d, y + i, count);
      });
}
// #endregion simd

template <typename T>
void SoftmaxBackwardRow(const T* dy, const T* y, T* dx, int64_t cols) {
  const hn::ScalableTag<T> d;
  auto sums = hn::Zero(d);
  ForEachVector(
      d, cols,
      [&](int64_t i) { sums = hn::MulAdd(hn::LoadU(d, dy + i), hn::LoadU(d, y + i), sums); },
      [&](int64_t i, int64_t count) {
        sums = hn::MulAdd(LoadPartial(d, dy + i, count, T(0)), LoadPartial(d, y + i, count, T(0)),
                          sums);
      });
  const auto mean = hn::SumOfLanes(d, sums);
  ForEachVector(
      d, cols,
      [&](int64_t i) {
        const auto centred = hn::Sub(hn::LoadU(d, dy + i), mean);
        hn::StoreU(hn::Mul(hn::LoadU(d, y + i), centred), d, dx + i);
      },
      [&](int64_t i, int64_t count) {
        const auto centred = hn::Sub(LoadPartial(d, dy + i, count, T(0)), mean);
        StorePartial(hn::Mul(LoadPartial(d, y + i, count, T(0)), centred), d, dx + i, count);
      });
}

void Softmax(const RowsArgs& args) {
  MapRowsInParallel(args, [](const auto* x, auto* y, int64_t cols) { SoftmaxRow(x, y, cols); });
}

void SoftmaxBackward(const RowsBackwardArgs& args) {
  MapRowsInParallel(args, [](const auto* dy, const auto* y, auto* dx, int64_t cols) {
    SoftmaxBackwardRow(dy, y, dx, cols);
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

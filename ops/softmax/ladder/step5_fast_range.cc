#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/softmax/ladder/step5_fast_range.cc"
#include "hwy/foreach_target.h"

#include "ops/softmax/ladder/ladder.h"

#include "ops/common/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region step
void SoftmaxFastRange(const float* x, float* y, int64_t rows, int64_t cols) {
  const hn::ScalableTag<float> d;
  for (int64_t row = 0; row < rows; ++row, x += cols, y += cols) {
    const float sum = SumOfExps(
        x, cols, PeakOfRow(x, cols), [&](auto e, int64_t i) { hn::StoreU(e, d, y + i); },
        [&](auto e, int64_t i, int64_t count) { StorePartial(e, d, y + i, count); });
    const auto scale = hn::Set(d, 1 / sum);
    ForEachVector(
        d, cols, [&](int64_t i) { hn::StoreU(hn::Mul(hn::LoadU(d, y + i), scale), d, y + i); },
        [&](int64_t i, int64_t count) {
          StorePartial(hn::Mul(LoadPartial(d, y + i, count, 0.0f), scale), d, y + i, count);
        });
  }
}
// #endregion step

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::ladder {

HWY_EXPORT(SoftmaxFastRange);
void FastRange(const float* x, float* y, int64_t rows, int64_t cols) {
  HWY_DYNAMIC_DISPATCH(SoftmaxFastRange)(x, y, rows, cols);
}

}  // namespace prova::ladder
#endif

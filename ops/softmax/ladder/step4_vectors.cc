#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/softmax/ladder/step4_vectors.cc"
#include <limits>

#include "hwy/foreach_target.h"

#include "base/vectors-inl.h"
#include "ops/softmax/ladder/ladder.h"

#include "ops/common/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region step
void SoftmaxVectors(const float* x, float* y, int64_t rows, int64_t cols) {
  const hn::ScalableTag<float> d;
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  for (int64_t row = 0; row < rows; ++row, x += cols, y += cols) {
    auto peaks = hn::Set(d, kLowest);
    ForEachVector(
        d, cols, [&](int64_t i) { peaks = hn::Max(peaks, hn::LoadU(d, x + i)); },
        [&](int64_t i, int64_t count) {
          peaks = hn::Max(peaks, LoadPartial(d, x + i, count, kLowest));
        });
    const auto peak = hn::MaxOfLanes(d, peaks);
    auto sums = hn::Zero(d);
    ForEachVector(
        d, cols,
        [&](int64_t i) {
          const auto e = math::ExpAnywhere(d, hn::Sub(hn::LoadU(d, x + i), peak));
          sums = hn::Add(sums, e);
          hn::StoreU(e, d, y + i);
        },
        [&](int64_t i, int64_t count) {
          const auto below = hn::Sub(LoadPartial(d, x + i, count, kLowest), peak);
          const auto e = math::ExpAnywhere(d, below);
          sums = hn::Add(sums, e);
          StorePartial(e, d, y + i, count);
        });
    const auto scale = hn::Div(hn::Set(d, 1.0f), hn::SumOfLanes(d, sums));
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

HWY_EXPORT(SoftmaxVectors);
void Vectors(const float* x, float* y, int64_t rows, int64_t cols) {
  HWY_DYNAMIC_DISPATCH(SoftmaxVectors)(x, y, rows, cols);
}

}  // namespace prova::ladder
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cross_entropy/cross_entropy_simd.cc"
#include <algorithm>
#include <cmath>
#include <limits>

#include "hwy/foreach_target.h"

#include "ops/common/rows.h"
#include "ops/cross_entropy/cross_entropy_kernels.h"

#include "ops/common/math-inl.h"
#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

template <typename T>
T Peak(const T* z, int64_t cols) {
  const hn::ScalableTag<T> d;
  constexpr T kLowest = -std::numeric_limits<T>::infinity();
  auto peaks = hn::Set(d, kLowest);
  ForEachVector(
      d, cols, [&](int64_t j) { peaks = hn::Max(peaks, hn::LoadU(d, z + j)); },
      [&](int64_t j, int64_t count) {
        peaks = hn::Max(peaks, LoadPartial(d, z + j, count, kLowest));
      });
  return hn::GetLane(hn::MaxOfLanes(d, peaks));
}

// #region simd
template <typename T>
T LossOfRow(const T* z, int64_t target, int64_t cols, T smoothing) {
  const hn::ScalableTag<T> d;
  constexpr T kLowest = -std::numeric_limits<T>::infinity();
  const T peak = Peak(z, cols);
  const auto shift = hn::Set(d, peak);

  // Sum exponentials and scores in one walk; the lanes behind the row are exp(-inf) = 0, and 0.
  auto exps = hn::Zero(d), belows = hn::Zero(d);
  ForEachVector(
      d, cols,
      [&](int64_t j) {
        const auto below = hn::Sub(hn::LoadU(d, z + j), shift);
        exps = hn::Add(exps, math::Exp(d, below));
        belows = hn::Add(belows, below);
      },
      [&](int64_t j, int64_t count) {
        exps = hn::Add(exps, math::Exp(d, hn::Sub(LoadPartial(d, z + j, count, kLowest), shift)));
        belows = hn::Add(belows, hn::Sub(LoadPartial(d, z + j, count, peak), shift));
      });

  T loss = std::log(hn::GetLane(hn::SumOfLanes(d, exps))) - (1 - smoothing) * (z[target] - peak);
  if (smoothing > 0) loss -= smoothing * hn::GetLane(hn::SumOfLanes(d, belows)) / T(cols);
  return loss;
}
// #endregion simd

template <typename T>
void GradientOfRow(T weight, const T* z, int64_t target, T* dz, int64_t cols, T smoothing) {
  const hn::ScalableTag<T> d;
  constexpr T kLowest = -std::numeric_limits<T>::infinity();
  const auto shift = hn::Set(d, Peak(z, cols));

  // Keep the exponentials where the gradient will be.
  auto exps = hn::Zero(d);
  ForEachVector(
      d, cols,
      [&](int64_t j) {
        const auto e = math::Exp(d, hn::Sub(hn::LoadU(d, z + j), shift));
        exps = hn::Add(exps, e);
        hn::StoreU(e, d, dz + j);
      },
      [&](int64_t j, int64_t count) {
        const auto e = math::Exp(d, hn::Sub(LoadPartial(d, z + j, count, kLowest), shift));
        exps = hn::Add(exps, e);
        StorePartial(e, d, dz + j, count);
      });

  // weight * (e / sum - smoothing / cols), then the label's own share.
  const auto scale = hn::Div(hn::Set(d, weight), hn::SumOfLanes(d, exps));
  const auto even = hn::Set(d, weight * smoothing / T(cols));
  ForEachVector(
      d, cols,
      [&](int64_t j) { hn::StoreU(hn::MulSub(hn::LoadU(d, dz + j), scale, even), d, dz + j); },
      [&](int64_t j, int64_t count) {
        StorePartial(hn::MulSub(LoadPartial(d, dz + j, count, T(0)), scale, even), d, dz + j,
                     count);
      });
  dz[target] -= weight * (1 - smoothing);
}

void CrossEntropy(const CrossEntropyArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ForEachRow(args.rows, args.cols, [&](int64_t row) {
      const T* z = static_cast<const T*>(args.logits) + row * args.cols;
      const int64_t target = args.target[row];
      const bool ignored = target == args.ignore_index;
      static_cast<T*>(args.loss)[row] =
          ignored ? T(0) : LossOfRow(z, target, args.cols, static_cast<T>(args.label_smoothing));
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

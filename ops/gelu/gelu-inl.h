// The exact GELU of a vector; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_GELU_GELU_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_GELU_GELU_INL_H_
#undef PROVA_OPS_GELU_GELU_INL_H_
#else
#define PROVA_OPS_GELU_GELU_INL_H_
#endif

#include <numbers>

#include "hwy/highway.h"

#include "ops/common/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Number(D d, double value) {
  return hn::Set(d, static_cast<T>(value));
}

// #region simd
/// |x|, no further than the tail reaches; NaN may become anything.
template <class D, typename C = math::Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> DistanceInTail(D d, hn::Vec<D> x) {
  return hn::Min(hn::Abs(x), hn::Set(d, C::kTailEnd));
}

/// gelu(x) = x + gelu(-x) gives the right from the left, -gelu(-t) = t Phi(-t) for t >= 0, whose
/// tail is never 1 - (almost 1). The sign is that of x, also of zeros.
template <class D, typename C = math::Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> ExactGelu(D d, hn::Vec<D> x) {
  const auto left = math::TimesTail(d, DistanceInTail(d, x));
  const auto zero = hn::Zero(d), right = hn::IfThenElse(hn::Lt(x, zero), hn::Neg(zero), x);
  return hn::NegMulAdd(left, hn::Set(d, C::kTailUnit), right);
}

/// gelu'(x) + gelu'(-x) = 1; on the left gelu'(-t) = Phi(-t) - t phi(t).
template <class D, typename C = math::Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> ExactSlope(D d, hn::Vec<D> x) {
  constexpr double kScale = std::numbers::inv_sqrtpi / std::numbers::sqrt2 / C::kTailUnit;
  const auto t = DistanceInTail(d, x), zero = hn::Zero(d);
  const auto c = hn::NegMulAdd(t, Number(d, kScale), math::TailRatio(d, t));
  const auto left = math::TimesDensity(d, t, c);
  // Left of zero the slope is 0 + left, on the right 1 - left.
  const auto whole = hn::IfNegativeThenElse(x, zero, Number(d, 1));
  const auto part = hn::Xor(left, hn::AndNot(x, hn::SignBit(d)));
  const auto slope = hn::MulAdd(part, hn::Set(d, C::kTailUnit), whole);
  return hn::IfThenElse(hn::IsNaN(x), x, slope);
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

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
/// t Phi(-t) = -gelu(-t), and gelu'(-t) = Phi(-t) - t phi(t), for t >= 0.
template <bool plain, class D>
HWY_INLINE hn::Vec<D> GeluLeft(D d, hn::Vec<D> t) {
  return math::TimesTail<plain>(d, t);
}
template <bool plain, class D>
HWY_INLINE hn::Vec<D> SlopeLeft(D d, hn::Vec<D> t) {
  constexpr double kScale = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  const auto c = hn::NegMulAdd(t, Number(d, kScale), math::TailRatio(d, t));
  return math::TimesDensity<plain>(d, t, c);
}

template <class D, typename C = math::Constants<hn::TFromD<D>>>
bool AllPlain(D d, hn::Vec<D> t) {
  return hn::AllTrue(d, hn::Lt(t, hn::Set(d, C::kTailPlain)));
}

/// gelu(x) = x + gelu(-x) gives the right from the left, whose tail is never 1 - (almost 1). The
/// sign is that of x, also of zeros.
template <class D>
HWY_INLINE hn::Vec<D> GeluFromLeft(D d, hn::Vec<D> x, hn::Vec<D> left) {
  return hn::CopySign(hn::Sub(hn::Max(x, hn::Zero(d)), left), x);
}
template <class D, typename C = math::Constants<hn::TFromD<D>>>
HWY_NOINLINE hn::Vec<D> GeluAnywhere(D d, hn::Vec<D> x) {
  const auto left = GeluLeft<false>(d, hn::Min(hn::Abs(x), hn::Set(d, C::kTailEnd)));
  return hn::IfThenElse(hn::IsNaN(x), x, GeluFromLeft(d, x, left));
}
template <class D>
HWY_INLINE hn::Vec<D> ExactGelu(D d, hn::Vec<D> x) {
  const auto t = hn::Abs(x);
  if (HWY_UNLIKELY(!AllPlain(d, t))) return GeluAnywhere(d, x);
  return GeluFromLeft(d, x, GeluLeft<true>(d, t));
}

/// gelu'(x) + gelu'(-x) = 1.
template <class D>
HWY_INLINE hn::Vec<D> SlopeFromLeft(D d, hn::Vec<D> x, hn::Vec<D> left) {
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), left, hn::Sub(Number(d, 1), left));
}
template <class D, typename C = math::Constants<hn::TFromD<D>>>
HWY_NOINLINE hn::Vec<D> SlopeAnywhere(D d, hn::Vec<D> x) {
  const auto left = SlopeLeft<false>(d, hn::Min(hn::Abs(x), hn::Set(d, C::kTailEnd)));
  return hn::IfThenElse(hn::IsNaN(x), x, SlopeFromLeft(d, x, left));
}
template <class D>
HWY_INLINE hn::Vec<D> ExactSlope(D d, hn::Vec<D> x) {
  const auto t = hn::Abs(x);
  if (HWY_UNLIKELY(!AllPlain(d, t))) return SlopeAnywhere(d, x);
  return SlopeFromLeft(d, x, SlopeLeft<true>(d, t));
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/gelu/gelu_simd.cc"
#include <numbers>

#include "hwy/foreach_target.h"

#include "ops/gelu/gelu_kernels.h"

#include "ops/common/math-inl.h"
#include "ops/common/pointwise-inl.h"
#include "ops/gelu/gelu-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// x no lower than -40, where both forms are 0: keeps -inf from meeting 0. NaN may become -40.
template <class D>
HWY_INLINE hn::Vec<D> NotFarBelow(D d, hn::Vec<D> x) {
  return hn::Max(x, Number(d, -40));
}

// #region simd_tanh
/// 2u = 2 sqrt(2/pi) (x + 0.044715 x^3).
constexpr double kTwice = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
constexpr double kCube = 0.044715;

template <class D>
HWY_INLINE hn::Vec<D> TwiceArgument(D d, hn::Vec<D> x) {
  const auto inner = hn::MulAdd(hn::Mul(x, x), Number(d, kCube), Number(d, 1));
  return hn::Mul(hn::Mul(x, Number(d, kTwice)), inner);
}

template <class D>
HWY_INLINE hn::Vec<D> TanhGelu(D d, hn::Vec<D> x) {
  // (1 + tanh(u)) / 2 is 1 / (1 + e^-2u) or e^2u / (1 + e^2u): the form whose power is at most 1
  // neither cancels nor overflows.
  const auto inside = NotFarBelow(d, x);
  const auto e = math::Exp(d, hn::Neg(hn::Abs(TwiceArgument(d, inside))));
  const auto above = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(inside, e), inside);
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Div(above, hn::Add(Number(d, 1), e)));
}

template <class D>
HWY_INLINE hn::Vec<D> TanhSlope(D d, hn::Vec<D> x) {
  // On the left, with e = e^2u <= 1: gate = e / (1 + e), slope = gate + x u' 2 gate / (1 + e).
  const auto t = hn::Neg(hn::Min(hn::Abs(x), Number(d, 40)));
  const auto one = Number(d, 1);
  const auto e = math::Exp(d, TwiceArgument(d, t));
  const auto r = hn::Div(one, hn::Add(one, e));
  const auto gate = hn::Mul(e, r);
  const auto twice_slope =
      hn::Mul(Number(d, kTwice), hn::MulAdd(hn::Mul(t, t), Number(d, 3 * kCube), one));
  const auto left = hn::Mul(gate, hn::MulAdd(hn::Mul(t, twice_slope), r, one));
  const auto slope = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), left, hn::Sub(one, left));
  return hn::IfThenElse(hn::IsNaN(x), x, slope);
}
// #endregion simd_tanh

void Gelu(const UnaryArgs& args) {
  MapFloatsByFormula(args, [](auto d, auto x) { return ExactGelu(d, x); });
}
void GeluTanh(const UnaryArgs& args) {
  MapFloatsByFormula(args, [](auto d, auto x) { return TanhGelu(d, x); });
}
void GeluBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto d, auto dy, auto x) { return hn::Mul(dy, ExactSlope(d, x)); });
}
void GeluTanhBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto d, auto dy, auto x) { return hn::Mul(dy, TanhSlope(d, x)); });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Gelu);
HWY_EXPORT(GeluTanh);
HWY_EXPORT(GeluBackward);
HWY_EXPORT(GeluTanhBackward);
void Gelu(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Gelu)(args); }
void GeluTanh(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(GeluTanh)(args); }
void GeluBackward(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(GeluBackward)(args); }
void GeluTanhBackward(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(GeluTanhBackward)(args); }

}  // namespace prova::simd
#endif

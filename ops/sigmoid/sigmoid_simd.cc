#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sigmoid/sigmoid_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/sigmoid/sigmoid_kernels.h"

#include "ops/common/math-inl.h"
#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Sigmoid(const UnaryArgs& args) {
  MapFloatsByFormula(args, [](auto d, auto x) {
    const auto one = hn::Set(d, 1);
    const auto e = math::Exp(d, hn::Or(x, hn::SignBit(d)));

    // sigmoid(-|x|) = e / (1 + e) = e - e q with the quotient q, the other side 1 - q: both forgive
    // roundings of q.
    const auto scale = hn::IfNegativeThenElse(x, e, one);
    return hn::NegMulAdd(scale, hn::Div(e, hn::Add(one, e)), scale);
  });
}

void SigmoidBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto d, auto dy, auto y) {
    return hn::Mul(dy, hn::Mul(y, hn::Sub(hn::Set(d, 1), y)));
  });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Sigmoid);
HWY_EXPORT(SigmoidBackward);
void Sigmoid(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Sigmoid)(args); }
void SigmoidBackward(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(SigmoidBackward)(args); }

}  // namespace prova::simd
#endif

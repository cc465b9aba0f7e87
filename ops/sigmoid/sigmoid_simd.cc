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
  MapFloats(args, [](auto d, auto x) {
    const auto one = hn::Set(d, 1);
    const auto e = math::Exp(d, hn::Neg(hn::Abs(x)));

    // The lower of sigmoid(x) and sigmoid(-x), z = e / (1 + e) = e - e z: where e is small the
    // second form forgives the roundings of the first.
    const auto quotient = hn::Div(e, hn::Add(one, e));
    const auto small = hn::Lt(e, hn::Set(d, 0.5f));
    const auto z = hn::IfThenElse(small, hn::NegMulAdd(e, quotient, e), quotient);
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), z, hn::Sub(one, z));
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

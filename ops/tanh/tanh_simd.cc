#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/tanh/tanh_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/tanh/tanh_kernels.h"

#include "ops/common/math-inl.h"
#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Tanh(const UnaryArgs& args) {
  MapFloatsByFormula<2>(args, [](auto d, auto x) { return math::Tanh(d, x); });
}

void TanhBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto d, auto dy, auto y) {
    const auto one = hn::Set(d, 1);
    return hn::Mul(dy, hn::Mul(hn::Sub(one, y), hn::Add(one, y)));
  });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Tanh);
HWY_EXPORT(TanhBackward);
void Tanh(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Tanh)(args); }
void TanhBackward(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(TanhBackward)(args); }

}  // namespace prova::simd
#endif

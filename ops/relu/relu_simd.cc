#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/relu/relu_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/relu/relu_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Relu(const UnaryArgs& args) {
  MapFloats(args, [](auto d, auto x) { return hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), x); });
}

void ReluBackward(const BinaryArgs& args) {
  MapFloats(args,
            [](auto d, auto dy, auto x) { return hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), dy); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Relu);
HWY_EXPORT(ReluBackward);
void Relu(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Relu)(args); }
void ReluBackward(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(ReluBackward)(args); }

}  // namespace prova::simd
#endif

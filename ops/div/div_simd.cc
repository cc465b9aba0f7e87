#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/div/div_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/div/div_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Div(const BinaryArgs& args) {
  MapFloats(args, [](auto, auto a, auto b) { return hn::Div(a, b); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Div);
void Div(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(Div)(args); }

}  // namespace prova::simd
#endif

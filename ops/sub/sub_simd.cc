#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sub/sub_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/sub/sub_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Sub(const BinaryArgs& args) {
  MapNumbers(args, [](auto, auto a, auto b) { return hn::Sub(a, b); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Sub);
void Sub(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(Sub)(args); }

}  // namespace prova::simd
#endif

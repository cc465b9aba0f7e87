#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/neg/neg_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/neg/neg_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Neg(const UnaryArgs& args) {
  MapNumbers(args, [](auto, auto x) { return hn::Neg(x); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Neg);
void Neg(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Neg)(args); }

}  // namespace prova::simd
#endif

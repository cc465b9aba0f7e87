#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sqrt/sqrt_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/sqrt/sqrt_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Sqrt(const UnaryArgs& args) {
  MapFloats(args, [](auto, auto x) { return hn::Sqrt(x); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Sqrt);
void Sqrt(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Sqrt)(args); }

}  // namespace prova::simd
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/$name/${name}_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/${name}/${name}_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void $Name(const UnaryArgs& args) {
  // FILL IN: the vector formula; here it is the identity.
  MapFloats(args, [](auto, auto x) { return x; });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT($Name);
void $Name(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH($Name)(args); }

}  // namespace prova::simd
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/log/log_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/log/log_kernels.h"

#include "ops/common/math-inl.h"
#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Log(const UnaryArgs& args) {
  MapFloats(args, [](auto d, auto x) { return math::Log(d, x); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Log);
void Log(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Log)(args); }

}  // namespace prova::simd
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/exp/exp_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/exp/exp_kernels.h"

#include "ops/common/math-inl.h"
#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Exp(const UnaryArgs& args) {
  MapFloatsByFormula(args, [](auto d, auto x) { return math::Exp(d, x); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Exp);
void Exp(const UnaryArgs& args) { HWY_DYNAMIC_DISPATCH(Exp)(args); }

}  // namespace prova::simd
#endif

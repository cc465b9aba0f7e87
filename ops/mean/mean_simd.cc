#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/mean/mean_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/mean/mean_kernels.h"

#include "ops/common/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Mean(const ReduceArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T n = static_cast<T>(args.axis);
    ReduceAll<T>(args, SumOp(), [n](T total) { return total / n; });
  });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Mean);
void Mean(const ReduceArgs& args) { HWY_DYNAMIC_DISPATCH(Mean)(args); }

}  // namespace prova::simd
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sum/sum_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/sum/sum_kernels.h"

#include "ops/common/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Sum(const ReduceArgs& args) {
  const auto run = [&](auto type) {
    using T = typename decltype(type)::type;
    ReduceAll<T>(args, SumOp(), [](T total) { return total; });
  };
  if (args.dtype == DType::kInt64) return run(TypeTag<int64_t>());
  VisitFloats(args.dtype, run);
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Sum);
void Sum(const ReduceArgs& args) { HWY_DYNAMIC_DISPATCH(Sum)(args); }

}  // namespace prova::simd
#endif

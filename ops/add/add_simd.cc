#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/add/add_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/add/add_kernels.h"

#include "ops/common/pointwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
void Add(const BinaryArgs& args) {
  MapNumbers(args, [](auto, auto a, auto b) { return hn::Add(a, b); });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Add);
void Add(const BinaryArgs& args) { HWY_DYNAMIC_DISPATCH(Add)(args); }

}  // namespace prova::simd
#endif

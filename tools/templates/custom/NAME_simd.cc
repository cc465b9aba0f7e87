#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/$name/${name}_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/${name}/${name}_kernels.h"

#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
template <typename T>
void ${Name}Row(const T* x, T* y, int64_t cols) {
  // FILL IN: the row in vectors; here it is copied.
  const hn::ScalableTag<T> d;
  ForEachVector(
      d, cols, [&](int64_t i) { hn::StoreU(hn::LoadU(d, x + i), d, y + i); },
      [&](int64_t i, int64_t count) {
        StorePartial(LoadPartial(d, x + i, count, T(0)), d, y + i, count);
      });
}
// #endregion simd

void $Name(const RowsArgs& args) {
  MapRowsInParallel(args, [](const auto* x, auto* y, int64_t cols) { ${Name}Row(x, y, cols); });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT($Name);
void $Name(const RowsArgs& args) { HWY_DYNAMIC_DISPATCH($Name)(args); }

}  // namespace prova::simd
#endif

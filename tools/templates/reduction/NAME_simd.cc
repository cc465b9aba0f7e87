#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/$name/${name}_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/${name}/${name}_kernels.h"

#include "ops/common/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
/// FILL IN: what is combined, and its neutral element; here it is a sum.
struct ${Name}Op {
  template <typename T>
  static constexpr T kIdentity = 0;
  template <typename T>
  static T Combine(T a, T b) {
    return a + b;
  }
  template <class D>
  static hn::Vec<D> Combine(D, hn::Vec<D> a, hn::Vec<D> b) {
    return hn::Add(a, b);
  }
};

void $Name(const ReduceArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ReduceAll<T>(args, ${Name}Op(), [](T total) { return total; });
  });
}
// #endregion simd

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT($Name);
void $Name(const ReduceArgs& args) { HWY_DYNAMIC_DISPATCH($Name)(args); }

}  // namespace prova::simd
#endif

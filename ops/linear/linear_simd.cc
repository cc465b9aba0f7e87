#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/linear/linear_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/linear/linear_kernels.h"

#include "ops/common/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region simd
template <typename T>
void LinearOf(const LinearArgs& args) {
  const T* x = static_cast<const T*>(args.x);
  const T* weight = static_cast<const T*>(args.weight);
  const T* bias = static_cast<const T*>(args.bias);
  T* y = static_cast<T*>(args.y);
  if (args.rows == 1) {
    // One row reads each weight once: packing them would cost more than the products.
    const int64_t grain = ProductGrain(args.in);
    ParallelFor(args.out, grain, [&](int64_t begin, int64_t end) {
      DotRows(x, weight + begin * args.in, args.in, args.in, end - begin, y + begin);
      for (int64_t o = begin; bias != nullptr && o < end; ++o) y[o] += bias[o];
    });
    return;
  }
  // The weight is read along its columns: no transpose is made.
  Product<T> operands = {{x, args.in, 1}, {weight, 1, args.in}, {y, args.out, 1}};
  if (bias != nullptr) operands.start = {bias, 0, 1};
  MultiplyMatrices<T>(1, args.rows, args.out, args.in, [&](int64_t) { return operands; });
}
// #endregion simd

void Linear(const LinearArgs& args) {
  if (args.rows * args.out == 0) return;
  VisitFloats(args.dtype, [&](auto type) { LinearOf<typename decltype(type)::type>(args); });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Linear);
void Linear(const LinearArgs& args) { HWY_DYNAMIC_DISPATCH(Linear)(args); }

}  // namespace prova::simd
#endif

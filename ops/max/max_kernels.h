#pragma once

#include "ops/common/reduce.h"

namespace prova {

/// dx[o, j, i] = dy[o, i] / k where x[o, j, i] is one of the k elements equal to y[o, i], else 0.
struct MaxBackwardArgs {
  DType dtype;
  const void* dy;  // [outer, inner]
  const void* x;   // [outer, axis, inner]
  const void* y;   // [outer, inner], the maxima
  void* dx;        // [outer, axis, inner]
  int64_t outer;
  int64_t axis;
  int64_t inner;
};
using MaxBackwardFn = void (*)(const MaxBackwardArgs&);

namespace reference {
void Max(const ReduceArgs& args);
void MaxBackward(const MaxBackwardArgs& args);
}  // namespace reference

namespace simd {
void Max(const ReduceArgs& args);
void MaxBackward(const MaxBackwardArgs& args);
}  // namespace simd

namespace cuda {
PROVA_LINKED void Max(const ReduceArgs& args);
PROVA_LINKED void MaxBackward(const MaxBackwardArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<ReduceFn> kMaxKernels[] = {
    {Where::kCuda, cuda::Max, kAllNumbers},
    {Where::kSimd, simd::Max, kComputeNumbers},
    {Where::kReference, reference::Max, kComputeNumbers},
};

inline constexpr KernelEntry<MaxBackwardFn> kMaxBackwardKernels[] = {
    {Where::kCuda, cuda::MaxBackward, kAllFloats},
    {Where::kSimd, simd::MaxBackward},
    {Where::kReference, reference::MaxBackward},
};

}  // namespace prova

#pragma once

#include "ops/common/kernel_table.h"

namespace prova {

/// Windows over planes [h, w] that give planes [out_h, out_w].
struct PoolGeometry {
  int64_t planes;
  int64_t h, w;
  int64_t out_h, out_w;
  int64_t kernel_h, kernel_w;
  int64_t stride_h, stride_w;
  int64_t padding_h, padding_w;
  int64_t dilation_h, dilation_w;
};

/// y = the maximum of each window of x.
struct MaxPool2dArgs {
  DType dtype;
  const void* x;  // [planes, h, w]
  void* y;        // [planes, out_h, out_w]
  PoolGeometry geometry;
};
using MaxPool2dFn = void (*)(const MaxPool2dArgs&);

/// At the first maximum of each window of x: dx = sums of dy (backward), or y = values (select).
struct MaxPool2dRouteArgs {
  DType dtype;
  const void* x;     // [planes, h, w]
  const void* from;  // dy [planes, out_h, out_w], or values [planes, h, w]
  void* to;          // dx [planes, h, w], or y [planes, out_h, out_w]
  PoolGeometry geometry;
};
using MaxPool2dRouteFn = void (*)(const MaxPool2dRouteArgs&);

namespace reference {
void MaxPool2d(const MaxPool2dArgs& args);
void MaxPool2dBackward(const MaxPool2dRouteArgs& args);
void MaxPool2dSelect(const MaxPool2dRouteArgs& args);
}  // namespace reference

namespace simd {
void MaxPool2d(const MaxPool2dArgs& args);
void MaxPool2dBackward(const MaxPool2dRouteArgs& args);
void MaxPool2dSelect(const MaxPool2dRouteArgs& args);
}  // namespace simd

namespace cuda {
PROVA_LINKED void MaxPool2d(const MaxPool2dArgs& args);
PROVA_LINKED void MaxPool2dBackward(const MaxPool2dRouteArgs& args);
PROVA_LINKED void MaxPool2dSelect(const MaxPool2dRouteArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<MaxPool2dFn> kMaxPool2dKernels[] = {
    {Where::kCuda, cuda::MaxPool2d, kAllFloats},
    {Where::kSimd, simd::MaxPool2d},
    {Where::kReference, reference::MaxPool2d},
};

inline constexpr KernelEntry<MaxPool2dRouteFn> kMaxPool2dBackwardKernels[] = {
    {Where::kCuda, cuda::MaxPool2dBackward, kAllFloats},
    {Where::kSimd, simd::MaxPool2dBackward},
    {Where::kReference, reference::MaxPool2dBackward},
};

inline constexpr KernelEntry<MaxPool2dRouteFn> kMaxPool2dSelectKernels[] = {
    {Where::kCuda, cuda::MaxPool2dSelect, kAllFloats},
    {Where::kSimd, simd::MaxPool2dSelect},
    {Where::kReference, reference::MaxPool2dSelect},
};

}  // namespace prova

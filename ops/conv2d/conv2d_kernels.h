#pragma once

#include <algorithm>
#include <numeric>

#include "ops/common/kernel_table.h"

namespace prova {

/// One axis: window i begins at element i * stride - padding.
struct Conv2dAxis {
  int64_t size;    // of x
  int64_t kernel;  // of the weight
  int64_t out;     // of y
  int64_t stride;
  int64_t padding;
  int64_t dilation;

  /// The element of x under `tap` of window i; outside 0..size-1 in the padding.
  int64_t ElementUnder(int64_t i, int64_t tap) const {
    return i * stride - padding + tap * dilation;
  }
  bool Holds(int64_t element) const { return element >= 0 && element < size; }
  /// The inverse: the window that has `element` under its tap, or -1.
  int64_t WindowOver(int64_t element, int64_t tap) const {
    const int64_t distance = element + padding - tap * dilation;
    if (distance < 0 || distance % stride != 0) return -1;
    return distance / stride < out ? distance / stride : -1;
  }
};

/// The sizes that the three kernels share.
struct Conv2dGeometry {
  int64_t images;
  int64_t groups;
  int64_t in;   // channels of x in a group
  int64_t out;  // channels of y in a group
  Conv2dAxis rows;
  Conv2dAxis cols;

  int64_t taps() const { return rows.kernel * cols.kernel; }
};

struct Conv2dArgs {
  DType dtype;
  const void* x;       // [images, groups * in, rows.size, cols.size]
  const void* weight;  // [groups * out, in, rows.kernel, cols.kernel]
  const void* bias;    // [groups * out], or null
  void* y;             // [images, groups * out, rows.out, cols.out]
  Conv2dGeometry of;
  void* workspace = nullptr;  // Conv2dWorkspace bytes, of simd or cuda
};
using Conv2dFn = void (*)(const Conv2dArgs&);

struct Conv2dBackwardInputArgs {
  DType dtype;
  const void* dy;
  const void* weight;
  void* dx;
  Conv2dGeometry of;
  void* workspace = nullptr;
};
using Conv2dBackwardInputFn = void (*)(const Conv2dBackwardInputArgs&);

struct Conv2dBackwardWeightArgs {
  DType dtype;
  const void* dy;
  const void* x;
  void* dweight;
  Conv2dGeometry of;
  void* workspace = nullptr;
};
using Conv2dBackwardWeightFn = void (*)(const Conv2dBackwardWeightArgs&);

namespace reference {
void Conv2d(const Conv2dArgs& args);
void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args);
void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args);
}  // namespace reference

namespace simd {
/// Bytes that each of the vector kernels wants to work in.
int64_t Conv2dWorkspace(DType dtype, const Conv2dGeometry& of);
void Conv2d(const Conv2dArgs& args);
void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args);
void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args);
}  // namespace simd

namespace cuda {
/// Bytes for sums of parts of long terms.
PROVA_LINKED int64_t Conv2dWorkspace(const Conv2dArgs& args);
PROVA_LINKED int64_t Conv2dWorkspace(const Conv2dBackwardInputArgs& args);
PROVA_LINKED int64_t Conv2dWorkspace(const Conv2dBackwardWeightArgs& args);
PROVA_LINKED void Conv2d(const Conv2dArgs& args);
PROVA_LINKED void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args);
PROVA_LINKED void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<Conv2dFn> kConv2dKernels[] = {
    {Where::kCuda, cuda::Conv2d},
    {Where::kSimd, simd::Conv2d},
    {Where::kReference, reference::Conv2d},
};
inline constexpr KernelEntry<Conv2dBackwardInputFn> kConv2dBackwardInputKernels[] = {
    {Where::kCuda, cuda::Conv2dBackwardInput},
    {Where::kSimd, simd::Conv2dBackwardInput},
    {Where::kReference, reference::Conv2dBackwardInput},
};
inline constexpr KernelEntry<Conv2dBackwardWeightFn> kConv2dBackwardWeightKernels[] = {
    {Where::kCuda, cuda::Conv2dBackwardWeight},
    {Where::kSimd, simd::Conv2dBackwardWeight},
    {Where::kReference, reference::Conv2dBackwardWeight},
};

}  // namespace prova

#pragma once

#include "cuda/kernel.h"

namespace prova::cuda {

/// What kernels that move windows over planes share.

/// a / b; of 32 bits where that is enough, which is several times cheaper.
__device__ __forceinline__ int64_t Quotient(int64_t a, int b) {
  return a <= UINT32_MAX ? static_cast<uint32_t>(a) / static_cast<uint32_t>(b) : a / b;
}

/// Element (i, j) of a plane of rows x cols, of planes one after another.
struct Place {
  int64_t plane;
  int i, j;
};
__device__ __forceinline__ Place PlaceOf(int64_t at, int rows, int cols) {
  const int64_t row = Quotient(at, cols), plane = Quotient(row, rows);
  return {plane, static_cast<int>(row - plane * rows), static_cast<int>(at - row * cols)};
}

/// The element behind it in memory, of planes of rows x cols.
__device__ __forceinline__ Place After(Place at, int rows, int cols) {
  if (++at.j < cols) return at;
  at.j = 0;
  if (++at.i < rows) return at;
  return {at.plane + 1, 0, 0};
}

/// One axis of a plane and of the windows over it; window i begins at i * stride - padding. A side
/// has fewer than 2^31 elements.
struct Side {
  /// A single window may have any stride, a single tap any dilation; they get small ones.
  static Side Of(int64_t size, int64_t kernel, int64_t windows, int64_t stride, int64_t padding,
                 int64_t dilation) {
    if (kernel == 1) dilation = 1;
    if (windows == 1) stride = dilation * (kernel - 1) + 1;
    return {static_cast<int>(size),   static_cast<int>(kernel),  static_cast<int>(windows),
            static_cast<int>(stride), static_cast<int>(padding), static_cast<int>(dilation)};
  }

  int size, kernel, windows, stride, padding, dilation;

  /// The element under `tap` of a window; outside 0..size-1 in the padding.
  __device__ __forceinline__ int ElementUnder(int window, int tap) const {
    return window * stride - padding + tap * dilation;
  }
  __device__ __forceinline__ bool Holds(int element) const {
    return element >= 0 && element < size;
  }
  /// The window that has an element under its tap, or -1.
  __device__ __forceinline__ int WindowOver(int element, int tap) const {
    const int distance = element + padding - tap * dilation;
    if (distance < 0) return -1;
    const int window = stride == 1 ? distance : distance / stride;
    return window * stride == distance && window < windows ? window : -1;
  }
};

}  // namespace prova::cuda

#pragma once

#include "cuda/reduce.h"
#include "ops/conv2d/conv2d_operands_cuda.h"

namespace prova::cuda {

/// Groups of one channel and one filter: there is no matrix, each plane meets a kernel of its own,
/// and what bounds all three directions is memory.

/// Windows of one column that a thread sums, so that it loads a weight once for all of them.
inline constexpr int kColumn = 4;

// #region depthwise
template <typename T>
__global__ void DepthwiseForward(const T* x, const T* weight, const T* bias, T* y, Planes of) {
  const Side &rows = of.rows, &cols = of.cols;
  const int columns = (rows.windows + kColumn - 1) / kColumn;
  const int64_t count = of.images * of.groups * columns * cols.windows;
  for (int64_t item = FirstInGrid(); item < count; item += GridStep()) {
    const Place at = PlaceOf(item, columns, cols.windows);
    const int channel = static_cast<int>(at.plane % of.groups), first = at.i * kColumn;
    const T* plane = x + at.plane * of.elements();
    const T* kernel = weight + channel * of.taps();
    T sums[kColumn];
    for (T& sum : sums) sum = bias == nullptr ? T(0) : bias[channel];
    for (int a = 0; a < rows.kernel; ++a) {
      for (int b = 0; b < cols.kernel; ++b) {
        const int col = cols.ElementUnder(at.j, b);
        if (!cols.Holds(col)) continue;
        const T factor = kernel[a * cols.kernel + b];
        for (int w = 0; w < kColumn; ++w) {
          const int row = rows.ElementUnder(first + w, a);
          if (rows.Holds(row)) sums[w] += factor * plane[int64_t{row} * cols.size + col];
        }
      }
    }
    T* to = y + at.plane * of.windows() + at.j;
    for (int w = 0; w < kColumn; ++w) {
      if (first + w < rows.windows) to[int64_t{first + w} * cols.windows] = sums[w];
    }
  }
}

/// A thread an element of dx: every window over it.
template <typename T>
__global__ void DepthwiseBackwardInput(const T* dy, const T* weight, T* dx, Planes of) {
  const Side &rows = of.rows, &cols = of.cols;
  const int64_t count = of.images * of.groups * of.elements();
  for (int64_t element = FirstInGrid(); element < count; element += GridStep()) {
    const Place at = PlaceOf(element, rows.size, cols.size);
    const T* plane = dy + at.plane * of.windows();
    const T* kernel = weight + at.plane % of.groups * of.taps();
    T sum = 0;
    for (int a = 0; a < rows.kernel; ++a) {
      const int i = rows.WindowOver(at.i, a);
      for (int b = 0; b < cols.kernel && i >= 0; ++b) {
        const int j = cols.WindowOver(at.j, b);
        if (j < 0) continue;
        sum += kernel[a * cols.kernel + b] * plane[int64_t{i} * cols.windows + j];
      }
    }
    dx[element] = sum;
  }
}

/// A block a tap of a channel: its threads share the windows of all images, then add.
template <typename T>
__global__ void DepthwiseBackwardWeight(const T* dy, const T* x, T* dweight, Planes of) {
  const Tap tap = TapOf(blockIdx.x, of.rows.kernel, of.cols.kernel);
  const int64_t count = of.images * of.windows();
  T sum = 0;
  for (int64_t window = threadIdx.x; window < count; window += kBlockThreads) {
    const Place at = PlaceOf(window, of.rows.windows, of.cols.windows);
    const int row = of.rows.ElementUnder(at.i, tap.row);
    const int col = of.cols.ElementUnder(at.j, tap.col);
    if (!of.rows.Holds(row) || !of.cols.Holds(col)) continue;
    const int64_t plane = at.plane * of.groups + tap.channel;
    const T factor = dy[plane * of.windows() + int64_t{at.i} * of.cols.windows + at.j];
    sum += factor * x[plane * of.elements() + int64_t{row} * of.cols.size + col];
  }
  sum = ReduceBlock<kBlockThreads>(sum, T(0), [](T a, T b) { return a + b; });
  if (threadIdx.x == 0) dweight[blockIdx.x] = sum;
}
// #endregion depthwise

}  // namespace prova::cuda

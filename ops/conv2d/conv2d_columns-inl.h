// The gradient of an input of few channels: all products first, then their sums; included once a
// Highway target.

#if defined(PROVA_OPS_CONV2D_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_COLUMNS_INL_H_
#undef PROVA_OPS_CONV2D_COLUMNS_INL_H_
#else
#define PROVA_OPS_CONV2D_COLUMNS_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "ops/conv2d/conv2d_kernels.h"

#include "ops/common/gemm-inl.h"
#include "ops/conv2d/conv2d_meeting-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Products that a task keeps, for the second-level cache; and taps of a kernel.
template <typename T>
inline constexpr int64_t kKeptProducts = (384 << 10) / sizeof(T);
inline constexpr int64_t kRingTaps = 256;

/// How the products of an input's gradient are kept: for some channels, those of each tap with the
/// windows of the last few rows, in a ring of rows.
template <typename T>
struct ProductRing {
  explicit ProductRing(const Conv2dGeometry& of) {
    constexpr int64_t kCols = 96, kLanes = hn::MaxLanes(hn::ScalableTag<T>());
    const int64_t reach = Ceil((of.rows.kernel - 1) * of.rows.dilation, of.rows.stride);
    chunk = std::clamp<int64_t>(kCols / of.cols.out, 1, of.rows.out);
    rows = chunk == of.rows.out ? chunk : (Ceil(reach, chunk) + 1) * chunk;
    channels = std::min(of.in, (kKeptProducts<T> - 2 * kLanes) / (of.taps() * line(of)));
    // Few channels leave much of a vector idle, and more of the products that are made directly.
    fits = 4 * of.in <= 3 * kLanes && channels > 0 && of.taps() > 1 && of.taps() <= kRingTaps;
    const int64_t tasks = std::max<int64_t>(1, of.images * of.groups);
    bands = std::clamp<int64_t>(of.rows.out / (8 * reach + 1), 1, Ceil(8, tasks));
  }
  int64_t line(const Conv2dGeometry& of) const { return rows * of.cols.out; }

  int64_t chunk, rows;  // rows of windows that are multiplied together, and that are kept
  int64_t channels;     // that are kept together
  int64_t bands;        // of rows of an image, one a task
  bool fits;
};

// #region sums
/// A row of the gradient for `channels` channels: to[q] = the sum of the kept products of all taps
/// (a, b) with the windows that have q under them. Products lie as [channel][tap][line]; vectors
/// run along elements `stride` apart.
template <typename T>
void SumProductsOfRow(const Conv2dGeometry& of, const ProductRing<T>& ring, int64_t channels,
                      const T* products, int64_t first_window, int64_t r, T* to) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const int64_t windows = of.cols.out, stride = of.cols.stride, line = ring.line(of);
  int64_t rows = 0, row_from[kRingTaps];
  for (int64_t a = 0; a < of.rows.kernel; ++a) {
    const int64_t i = of.rows.WindowOver(r, a);
    if (i < 0) continue;
    row_from[rows++] = a * of.cols.kernel * line + (i - first_window) % ring.rows * windows;
  }
  for (int64_t residue = 0; residue < std::min(stride, of.cols.size); ++residue) {
    const int64_t count = Ceil(of.cols.size - residue, stride);
    for (int64_t m = 0; m < count; m += kLanes) {
      // Where the products of each tap lie, and which of them are of windows that exist.
      int64_t terms = 0, from[kRingTaps];
      hn::Mask<decltype(d)> inside[kRingTaps];
      bool whole = true;
      for (int64_t b = 0; b < of.cols.kernel; ++b) {
        const int64_t distance = residue + of.cols.padding - b * of.cols.dilation;
        const int64_t j = m + distance / stride;
        if (distance % stride != 0 || j <= -kLanes || j >= windows) continue;
        whole = whole && j >= 0 && j + kLanes <= windows;
        const auto before = hn::FirstN(d, static_cast<size_t>(std::max<int64_t>(0, -j)));
        const auto exist = hn::AndNot(before, hn::FirstN(d, static_cast<size_t>(windows - j)));
        for (int64_t a = 0; a < rows; ++a, ++terms) {
          from[terms] = row_from[a] + b * line + j;
          inside[terms] = exist;
        }
      }
      for (int64_t c = 0; c < channels; ++c) {
        const T* kept = products + c * of.taps() * line;
        auto sum = hn::Zero(d);
        if (whole) {
          for (int64_t t = 0; t < terms; ++t) sum = hn::Add(sum, hn::LoadU(d, kept + from[t]));
        } else {
          for (int64_t t = 0; t < terms; ++t) {
            sum = hn::Add(sum, hn::IfThenElseZero(inside[t], hn::LoadU(d, kept + from[t])));
          }
        }
        T* row = to + c * of.rows.size * of.cols.size + m * stride + residue;
        const int64_t rest = std::min(kLanes, count - m);
        if (stride == 1) {
          StoreUpTo(sum, d, row, rest);
          continue;
        }
        HWY_ALIGN T apart[kLanes];
        hn::Store(sum, d, apart);
        for (int64_t e = 0; e < rest; ++e) row[e * stride] = apart[e];
      }
    }
  }
}
// #endregion sums

// #region columns
/// dx of few channels: a matrix product of the weight, turned, with dy has a row for each tap of
/// each channel, all windows long; the elements of x under a window are sums across these rows.
template <typename T>
void SumColumns(const Conv2dGeometry& of, const ProductRing<T>& ring, const T* dy, const T* weight,
                T* dx) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const int64_t height = Ceil(of.rows.size, ring.bands), line = ring.line(of);
  const int64_t windows = of.rows.out * of.cols.out, cells = of.rows.size * of.cols.size;
  const int64_t grain = ProductGrain(of.out * of.in * of.taps() * windows / ring.bands);
  ParallelFor(of.images * of.groups * ring.bands, grain, [&](int64_t begin, int64_t end) {
    // A vector more at both ends, for loads that begin before a row or end behind it.
    HWY_ALIGN T kept[kKeptProducts<T>];
    T* products = kept + kLanes;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t plane = task / ring.bands, top = task % ring.bands * height;
      const int64_t bottom = std::min(top + height, of.rows.size);
      auto last_window_over = [&](int64_t r) {
        return std::min((r + of.rows.padding) / of.rows.stride, of.rows.out - 1);
      };
      const int64_t span = (of.rows.kernel - 1) * of.rows.dilation;
      const int64_t first =
          std::max<int64_t>(0, Ceil(top + of.rows.padding - span, of.rows.stride));
      for (int64_t c = 0; c < of.in; c += ring.channels) {
        const int64_t channels = std::min(ring.channels, of.in - c);
        const T* filters = weight + (plane % of.groups * of.out * of.in + c) * of.taps();
        int64_t r = top;
        for (int64_t i = first; r < bottom; i += ring.chunk) {
          const int64_t rows = std::min(ring.chunk, last_window_over(bottom - 1) + 1 - i);
          if (rows > 0) {
            MultiplyBlock<T>(
                channels * of.taps(), rows * of.cols.out, of.out,
                Product<T>{.a = {filters, 1, of.in * of.taps()},
                           .b = {dy + plane * of.out * windows + i * of.cols.out, windows, 1},
                           .y = {products + (i - first) % ring.rows * of.cols.out, line, 1}});
          }
          for (; r < bottom && last_window_over(r) < i + ring.chunk; ++r) {
            SumProductsOfRow(of, ring, channels, products, first, r,
                             dx + (plane * of.in + c) * cells + r * of.cols.size);
          }
        }
      }
    }
  });
}
// #endregion columns

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/max_pool2d/max_pool2d_simd.cc"
#include <algorithm>
#include <limits>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "ops/common/rows.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"

#include "ops/max_pool2d/max_pool2d_lines-inl.h"
#include "ops/max_pool2d/max_pool2d_search-inl.h"
#include "ops/max_pool2d/max_pool2d_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// The larger of the two, the first of equals; NaN if either is.
template <class D>
HWY_INLINE hn::Vec<D> Larger(D /*d*/, hn::Vec<D> first, hn::Vec<D> second) {
  return hn::IfThenElse(hn::Or(hn::Gt(second, first), hn::IsNaN(second)), second, first);
}

// #region maxima
/// line[c] = the maximum of the window rows of i over column c of a plane, `count` of them, and so
/// on for `rows` rows of windows of consecutive planes, g.w apart. Writes whole vectors.
template <class D, typename T>
void MaximaDown(D d, const T* plane, PoolGeometry g, int64_t i, int64_t rows, int64_t count,
                T* line) {
  const int64_t lanes = hn::Lanes(d), down = g.dilation_h * g.w, span = g.kernel_h * g.dilation_h;
  for (int64_t r = 0; r < rows; ++r, line += g.w) {
    int64_t top = i * g.stride_h - g.padding_h;
    const int64_t end = std::min(top + span, g.h) * g.w;
    while (top < 0) top += g.dilation_h;
    for (int64_t c = 0; c < count; c += lanes) {
      const int64_t n = std::min(lanes, count - c);
      auto peak = LoadUpTo(d, plane + top * g.w + c, n);
      for (int64_t row = top * g.w + down; row < end; row += down) {
        peak = Larger(d, peak, LoadUpTo(d, plane + row + c, n));
      }
      hn::StoreU(peak, d, line + c);
    }
    if (++i < g.out_h) continue;
    i = 0;
    plane += g.h * g.w;
  }
}

/// y[j] = the maximum of line[j * stride + b * dilation] over b, for `count` windows. Reads whole
/// vectors, which end behind the line.
template <typename T>
void MaximaAcross(const T* line, const PoolGeometry& g, int64_t count, T* y) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  for (int64_t j = 0; j < count; j += lanes) {
    const int64_t rest = std::min(lanes, count - j), loaded = g.stride_w <= 2 ? lanes : rest;
    const T* from = line + j * g.stride_w;
    auto peak = LoadApart(d, from, g.stride_w, loaded, true);
    for (int64_t b = 1; b < g.kernel_w; ++b) {
      from += g.dilation_w;
      peak = Larger(d, peak, LoadApart(d, from, g.stride_w, loaded, true));
    }
    StoreUpTo(peak, d, y + j, rest);
  }
}

/// Maxima without their places, first down, then across: each column is searched once, not once for
/// every window that it lies under.
template <typename T>
void MaximaAlone(const T* x, const PoolGeometry& g, T* y) {
  const hn::ScalableTag<T> d;
  const hn::Half<decltype(d)> half;
  const int64_t span = (g.kernel_w - 1) * g.dilation_w + 1;
  // Rows that windows share out without a rest lie behind each other in a line.
  const bool join = g.padding_w == 0 && span <= g.stride_w && g.out_w * g.stride_w == g.w;
  const int64_t rows = join ? std::max<int64_t>(1, kLine / g.w) : 1;
  // Windows of a tile: those whose columns fit a line.
  const int64_t most = join && g.w <= kLine ? g.out_w : (kLine - span) / g.stride_w + 1;
  ParallelFor(g.planes * g.out_h, ElementGrain(g.w * g.kernel_h), [&](int64_t begin, int64_t end) {
    HWY_ALIGN T line[kLine + 2 * hn::MaxLanes(hn::ScalableTag<T>())];
    for (int64_t row = begin; row < end; row += rows) {
      const int64_t joined = std::min(rows, end - row);
      for (int64_t first = 0; first < g.out_w; first += most) {
        const int64_t windows = std::min(most, g.out_w - first);
        const int64_t left = first * g.stride_w - g.padding_w;
        const int64_t cols = (windows - 1) * g.stride_w + span;
        const int64_t before = std::clamp<int64_t>(-left, 0, cols);
        const int64_t inside = std::clamp<int64_t>(g.w - left, 0, cols) - before;
        std::fill_n(line, before, -std::numeric_limits<T>::infinity());
        const T* plane = x + row / g.out_h * g.h * g.w + left + before;
        if (inside > static_cast<int64_t>(hn::Lanes(half))) {
          MaximaDown(d, plane, g, row % g.out_h, joined, inside, line + before);
        } else {
          MaximaDown(half, plane, g, row % g.out_h, joined, inside, line + before);
        }
        std::fill_n(line + before + inside, cols - before - inside,
                    -std::numeric_limits<T>::infinity());
        MaximaAcross(line, g, joined * windows, y + row * g.out_w + first);
      }
    }
  });
}
// #endregion maxima

inline constexpr auto kNothing = [](int64_t /*begin*/, int64_t /*end*/) {};

void MaxPool2d(const MaxPool2dArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const PoolGeometry& g = args.geometry;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    const int64_t lanes = hn::MaxLanes(hn::ScalableTag<T>());
    if ((g.kernel_w - 1) * g.dilation_w + 1 + 2 * lanes * g.stride_w <= kLine)
      return MaximaAlone(x, g, y);
    ForEachTile(x, g, kNothing,
                [&](int64_t out, int64_t, int64_t count, const T* peak, const PositionOf<T>*) {
                  std::copy_n(peak, count, y + out);
                });
  });
}

void MaxPool2dBackward(const MaxPool2dRouteArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const PoolGeometry& g = args.geometry;
    const T* x = static_cast<const T*>(args.x);
    const T* dy = static_cast<const T*>(args.from);
    T* dx = static_cast<T*>(args.to);
    if (WindowsAreTiles<T>(g)) return RouteThroughTiledPlanes(x, dy, g, dx);
    if (WindowsGoByLines<T>(g)) return RouteThroughLines(x, dy, g, dx);
    const int64_t cells = g.h * g.w;
    const auto clear = [=](int64_t begin, int64_t end) {
      std::fill_n(dx + begin * cells, (end - begin) * cells, T(0));
    };
    ForEachTile(x, g, clear,
                [&](int64_t out, int64_t in, int64_t count, const T*, const PositionOf<T>* at) {
                  for (int64_t k = 0; k < count; ++k) dx[in + at[k]] += dy[out + k];
                });
  });
}

void MaxPool2dSelect(const MaxPool2dRouteArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* values = static_cast<const T*>(args.from);
    T* y = static_cast<T*>(args.to);
    ForEachTile(static_cast<const T*>(args.x), args.geometry, kNothing,
                [&](int64_t out, int64_t in, int64_t count, const T*, const PositionOf<T>* at) {
                  for (int64_t k = 0; k < count; ++k) y[out + k] = values[in + at[k]];
                });
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(MaxPool2d);
HWY_EXPORT(MaxPool2dBackward);
HWY_EXPORT(MaxPool2dSelect);
void MaxPool2d(const MaxPool2dArgs& args) { HWY_DYNAMIC_DISPATCH(MaxPool2d)(args); }
void MaxPool2dBackward(const MaxPool2dRouteArgs& args) {
  HWY_DYNAMIC_DISPATCH(MaxPool2dBackward)(args);
}
void MaxPool2dSelect(const MaxPool2dRouteArgs& args) {
  HWY_DYNAMIC_DISPATCH(MaxPool2dSelect)(args);
}

}  // namespace prova::simd
#endif

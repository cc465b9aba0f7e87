#include <algorithm>
#include <cmath>

#include "ops/max_pool2d/max_pool2d_kernels.h"

namespace prova::reference {
namespace {

// #region reference
/// The position in a plane of the first maximum of window (i, j); the first NaN wins.
template <typename T>
int64_t FirstMaximum(const T* plane, const PoolGeometry& g, int64_t i, int64_t j) {
  int64_t best = -1;
  for (int64_t a = 0; a < g.kernel_h; ++a) {
    const int64_t row = i * g.stride_h - g.padding_h + a * g.dilation_h;
    if (row < 0 || row >= g.h) continue;
    for (int64_t b = 0; b < g.kernel_w; ++b) {
      const int64_t col = j * g.stride_w - g.padding_w + b * g.dilation_w;
      if (col < 0 || col >= g.w) continue;
      const int64_t at = row * g.w + col;
      const bool larger = best < 0 || plane[at] > plane[best] || std::isnan(plane[at]);
      if (larger && !(best >= 0 && std::isnan(plane[best]))) best = at;
    }
  }
  return best;
}
// #endregion reference

/// Calls `visit(plane, out, position)` for each element of the result, in order.
template <typename T, typename Visit>
void ForEachWindow(const T* x, const PoolGeometry& g, Visit visit) {
  for (int64_t plane = 0; plane < g.planes; ++plane) {
    for (int64_t i = 0; i < g.out_h; ++i) {
      for (int64_t j = 0; j < g.out_w; ++j) {
        const int64_t position = FirstMaximum(x + plane * g.h * g.w, g, i, j);
        visit((plane * g.out_h + i) * g.out_w + j, plane * g.h * g.w + position);
      }
    }
  }
}

}  // namespace

void MaxPool2d(const MaxPool2dArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    ForEachWindow(x, args.geometry, [&](int64_t out, int64_t in) { y[out] = x[in]; });
  });
}

void MaxPool2dBackward(const MaxPool2dRouteArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* dy = static_cast<const T*>(args.from);
    T* dx = static_cast<T*>(args.to);
    std::fill_n(dx, args.geometry.planes * args.geometry.h * args.geometry.w, T(0));
    ForEachWindow(static_cast<const T*>(args.x), args.geometry,
                  [&](int64_t out, int64_t in) { dx[in] += dy[out]; });
  });
}

void MaxPool2dSelect(const MaxPool2dRouteArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* values = static_cast<const T*>(args.from);
    T* y = static_cast<T*>(args.to);
    ForEachWindow(static_cast<const T*>(args.x), args.geometry,
                  [&](int64_t out, int64_t in) { y[out] = values[in]; });
  });
}

}  // namespace prova::reference

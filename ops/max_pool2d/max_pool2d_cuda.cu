#include "ops/common/planes_cuda.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"
#include "tensor/half_cuda.h"

namespace prova::cuda {
namespace {

struct Windows {
  explicit Windows(const PoolGeometry& g)
      : rows(Side::Of(g.h, g.kernel_h, g.out_h, g.stride_h, g.padding_h, g.dilation_h)),
        cols(Side::Of(g.w, g.kernel_w, g.out_w, g.stride_w, g.padding_w, g.dilation_w)),
        results(g.planes * g.out_h * g.out_w),
        elements(g.planes * g.h * g.w) {}

  Side rows, cols;
  int64_t results, elements;
};

// #region cuda
/// The position in a plane of the first maximum of window (i, j); the first NaN wins.
template <typename T>
__device__ int FirstMaximum(const T* plane, const Windows& of, int i, int j) {
  int best = -1;
  Wide<T> peak = 0;
  for (int a = 0; a < of.rows.kernel; ++a) {
    const int row = of.rows.ElementUnder(i, a);
    if (!of.rows.Holds(row)) continue;
    for (int b = 0; b < of.cols.kernel; ++b) {
      const int col = of.cols.ElementUnder(j, b);
      if (!of.cols.Holds(col)) continue;
      const int at = row * of.cols.size + col;
      const Wide<T> value = Widen(plane[at]);
      // Nothing replaces a NaN: it equals nothing, itself included.
      if (best < 0 || (!(value <= peak) && peak == peak)) {
        best = at;
        peak = value;
      }
    }
  }
  return best;
}

/// A thread a window: y[window] = from[its first maximum].
template <typename T>
__global__ void TakeMaxima(const T* x, const T* from, T* y, Windows of) {
  for (int64_t out = FirstInGrid(); out < of.results; out += GridStep()) {
    const Place at = PlaceOf(out, of.rows.windows, of.cols.windows);
    const int64_t first = at.plane * of.rows.size * of.cols.size;
    y[out] = from[first + FirstMaximum(x + first, of, at.i, at.j)];
  }
}

/// A thread an element of dx: the sum over the windows whose first maximum it is.
template <typename T>
__global__ void GatherGradients(const T* x, const T* dy, T* dx, Windows of) {
  for (int64_t element = FirstInGrid(); element < of.elements; element += GridStep()) {
    const Place at = PlaceOf(element, of.rows.size, of.cols.size);
    const T* plane = x + at.plane * of.rows.size * of.cols.size;
    const T* dy_plane = dy + at.plane * of.rows.windows * of.cols.windows;
    const int position = at.i * of.cols.size + at.j;
    Wide<T> sum = 0;
    // The last tap lies on the first window: windows are added in their order.
    for (int a = of.rows.kernel - 1; a >= 0; --a) {
      const int i = of.rows.WindowOver(at.i, a);
      for (int b = of.cols.kernel - 1; b >= 0 && i >= 0; --b) {
        const int j = of.cols.WindowOver(at.j, b);
        if (j < 0 || FirstMaximum(plane, of, i, j) != position) continue;
        sum += Widen(dy_plane[i * of.cols.windows + j]);
      }
    }
    dx[element] = Narrow<T>(sum);
  }
}

/// The same where windows are tiles of the plane: a thread a window, whose elements it writes.
template <typename T>
__global__ void ScatterGradients(const T* x, const T* dy, T* dx, Windows of) {
  for (int64_t out = FirstInGrid(); out < of.results; out += GridStep()) {
    const Place at = PlaceOf(out, of.rows.windows, of.cols.windows);
    const int64_t first = at.plane * of.rows.size * of.cols.size;
    const int best = FirstMaximum(x + first, of, at.i, at.j);
    for (int a = 0; a < of.rows.kernel; ++a) {
      for (int b = 0; b < of.cols.kernel; ++b) {
        const int position =
            of.rows.ElementUnder(at.i, a) * of.cols.size + of.cols.ElementUnder(at.j, b);
        dx[first + position] = position == best ? dy[out] : T(0);
      }
    }
  }
}
// #endregion cuda

/// Whether each element lies in exactly one window.
bool AreTiles(const Side& side) {
  return side.kernel == side.stride && side.padding == 0 && side.dilation == 1 &&
         side.size == side.windows * side.stride;
}

template <typename T>
void Take(const void* x, const void* from, void* y, const PoolGeometry& geometry) {
  const Windows of(geometry);
  Launch(GridFor(of.results), TakeMaxima<T>, static_cast<const T*>(x), static_cast<const T*>(from),
         static_cast<T*>(y), of);
}

}  // namespace

void MaxPool2d(const MaxPool2dArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    Take<typename decltype(type)::type>(args.x, args.x, args.y, args.geometry);
  });
}

void MaxPool2dSelect(const MaxPool2dRouteArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    Take<typename decltype(type)::type>(args.x, args.from, args.to, args.geometry);
  });
}

void MaxPool2dBackward(const MaxPool2dRouteArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const Windows of(args.geometry);
    const T *x = static_cast<const T*>(args.x), *dy = static_cast<const T*>(args.from);
    T* dx = static_cast<T*>(args.to);
    if (AreTiles(of.rows) && AreTiles(of.cols)) {
      Launch(GridFor(of.results), ScatterGradients<T>, x, dy, dx, of);
    } else {
      Launch(GridFor(of.elements), GatherGradients<T>, x, dy, dx, of);
    }
  });
}

}  // namespace prova::cuda

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/max_pool2d/max_pool2d_simd.cc"
#include <algorithm>
#include <limits>
#include <type_traits>

#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "ops/common/rows.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"

#include "ops/max_pool2d/max_pool2d_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Outputs of a row that one pass handles; their running maxima stay on the stack.
constexpr int64_t kPoolTile = 256;

/// Positions are as wide as elements, so that one mask serves both.
template <typename T>
using PositionOf = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;

/// Elements `step` apart from `from`; whole vectors of every second one are deinterleaved, which
/// reads one element behind the last.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadApart(D d, const T* from, int64_t step, int64_t count,
                                bool may_read_behind) {
  const int64_t lanes = hn::Lanes(d);
  if (step == 1 && count == lanes) return hn::LoadU(d, from);
  if (step == 2 && count == lanes && may_read_behind) {
    hn::Vec<D> even, odd;
    hn::LoadInterleaved2(d, from, even, odd);
    return even;
  }
  HWY_ALIGN T gathered[hn::MaxLanes(D())] = {};
  for (int64_t lane = 0; lane < count; ++lane) gathered[lane] = from[lane * step];
  return hn::Load(d, gathered);
}

/// Offers the element x at position `at` to one window: it wins if it is the first, or larger, or
/// NaN; over NaN nothing wins.
template <typename T>
void Offer(T x, PositionOf<T> at, T& peak, PositionOf<T>& position) {
  if ((position < 0 || x > peak || x != x) && peak == peak) {
    peak = x;
    position = at;
  }
}

/// 0, step, 2 step, …
template <class DI>
hn::Vec<DI> LaneSteps(DI di, int64_t step) {
  HWY_ALIGN hn::TFromD<DI> steps[hn::MaxLanes(DI())];
  for (size_t lane = 0; lane < hn::Lanes(di); ++lane) {
    steps[lane] = static_cast<hn::TFromD<DI>>(lane * step);
  }
  return hn::Load(di, steps);
}

// #region simd
/// Maxima, and where they are, of the windows (i, first .. first+count-1) of a plane. Elements come
/// in scan order and replace only what is smaller, so the first maximum stays.
template <typename T>
void FirstMaxima(const T* plane, const PoolGeometry& g, int64_t i, int64_t first, int64_t count,
                 T* peak, PositionOf<T>* position) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = hn::Lanes(d);
  const auto lane_offsets = LaneSteps(di, g.stride_w);
  for (int64_t a = 0; a < g.kernel_h; ++a) {
    const int64_t row = i * g.stride_h - g.padding_h + a * g.dilation_h;
    if (row < 0 || row >= g.h) continue;
    for (int64_t b = 0; b < g.kernel_w; ++b) {
      // Windows whose element b lies inside the plane: 0 <= j * stride + shift < w.
      const int64_t shift = b * g.dilation_w - g.padding_w;
      const int64_t low = shift < 0 ? (-shift + g.stride_w - 1) / g.stride_w : 0;
      const int64_t high = shift < g.w ? (g.w - shift - 1) / g.stride_w + 1 : 0;
      const int64_t begin = std::max(first, low), end = std::min(first + count, high);
      if (end - begin < lanes / 2) {
        for (int64_t j = begin; j < end; ++j) {
          const int64_t at = row * g.w + j * g.stride_w + shift;
          Offer(plane[at], static_cast<PositionOf<T>>(at), peak[j - first], position[j - first]);
        }
        continue;
      }
      for (int64_t j = begin; j < end; j += lanes) {
        const int64_t n = std::min(lanes, end - j), k = j - first;
        const int64_t at = row * g.w + j * g.stride_w + shift;
        const bool may_read_behind = at + 2 * lanes <= g.h * g.w;
        const auto x = LoadApart(d, plane + at, g.stride_w, n, may_read_behind);
        const auto old_peak = hn::LoadU(d, peak + k);
        const auto old_position = hn::LoadU(di, position + k);
        const auto positions = hn::Add(lane_offsets, hn::Set(di, static_cast<PositionOf<T>>(at)));
        // An element wins if it is larger, or NaN, or the first; over NaN nothing wins.
        const auto is_first = hn::Lt(old_position, hn::Zero(di));
        const auto larger = hn::Or(hn::Gt(x, old_peak), hn::IsNaN(x));
        const auto wins =
            hn::And(hn::Or(larger, hn::RebindMask(d, is_first)),
                    hn::And(hn::Not(hn::IsNaN(old_peak)), hn::FirstN(d, static_cast<size_t>(n))));
        hn::StoreU(hn::IfThenElse(wins, x, old_peak), d, peak + k);
        hn::StoreU(hn::IfThenElse(hn::RebindMask(di, wins), positions, old_position), di,
                   position + k);
      }
    }
  }
}
// #endregion simd

/// Elements of a line of rows, which stays in the first-level cache.
constexpr int64_t kLine = 2048;

/// Rows of windows that are searched together: such as do not fill a vector, where no window
/// reaches into padding and positions in the planes of a tile are small numbers. None if this does
/// not fit.
template <typename T>
int64_t ShortRows(const PoolGeometry& g) {
  auto inside = [](int64_t size, int64_t out, int64_t kernel, int64_t stride, int64_t dilation) {
    return (out - 1) * stride + (kernel - 1) * dilation < size;
  };
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>()), kCells = int64_t{1} << 20;
  const bool fits = g.h * g.w <= kCells && g.padding_h == 0 && g.padding_w == 0 &&
                    g.out_w < kLanes &&
                    inside(g.h, g.out_h, g.kernel_h, g.stride_h, g.dilation_h) &&
                    inside(g.w, g.out_w, g.kernel_w, g.stride_w, g.dilation_w);
  return fits ? std::min(kPoolTile / g.out_w, kLine / (g.out_w * g.stride_w)) : 0;
}

// #region short
/// to[r * pitch + c] = from[top[r] + c] for c < count <= pitch. Writes whole vectors.
template <typename T>
void CopyRows(const T* from, const int64_t* top, int64_t rows, int64_t count, int64_t pitch,
              T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  for (int64_t r = 0; r < rows; ++r, to += pitch) {
    for (int64_t c = 0; c < count; c += lanes) {
      hn::StoreU(LoadUpTo(d, from + top[r] + c, std::min(lanes, count - c)), d, to + c);
    }
  }
}

/// The same for `rows` rows of windows of consecutive planes, from row `first` of the first on:
/// what they read is copied behind each other, so that a vector spans rows and planes. Positions
/// count from the first plane. Writes whole vectors.
template <typename T>
void FirstMaximaOfShortRows(const T* planes, const PoolGeometry& g, int64_t first, int64_t rows,
                            T* peak, PositionOf<T>* position) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = hn::Lanes(d), pitch = g.out_w * g.stride_w, count = rows * g.out_w;
  HWY_ALIGN PositionOf<T> corner[kPoolTile + hn::MaxLanes(d)];  // of each window
  HWY_ALIGN T line[kLine + 2 * hn::MaxLanes(d)];
  int64_t top[kPoolTile];  // of each row of windows
  const auto steps = LaneSteps(di, g.stride_w);
  for (int64_t r = 0, i = first, plane = 0; r < rows; ++r) {
    top[r] = (plane + i * g.stride_h) * g.w;
    hn::StoreU(hn::Add(steps, hn::Set(di, static_cast<PositionOf<T>>(top[r]))), di,
               corner + r * g.out_w);
    if (++i < g.out_h) continue;
    i = 0;
    plane += g.h;
  }
  for (int64_t a = 0; a < g.kernel_h; ++a) {
    for (int64_t b = 0, copied = -g.stride_w; b < g.kernel_w; ++b) {
      const int64_t shift = b * g.dilation_w, tap = a * g.dilation_h * g.w + shift;
      if (shift - copied >= g.stride_w) {
        copied = shift;
        CopyRows(planes + tap, top, rows, std::min(pitch, g.w - shift), pitch, line);
      }
      for (int64_t k = 0; k < count; k += lanes) {
        const int64_t loaded = g.stride_w <= 2 ? lanes : std::min(lanes, count - k);
        const auto x =
            LoadApart(d, line + k * g.stride_w + shift - copied, g.stride_w, loaded, true);
        const auto at =
            hn::Add(hn::Load(di, corner + k), hn::Set(di, static_cast<PositionOf<T>>(tap)));
        if (tap == 0) {
          hn::StoreU(x, d, peak + k);
          hn::StoreU(at, di, position + k);
          continue;
        }
        const auto best = hn::LoadU(d, peak + k);
        const auto wins = hn::AndNot(hn::IsNaN(best), hn::Or(hn::Gt(x, best), hn::IsNaN(x)));
        hn::StoreU(hn::IfThenElse(wins, x, best), d, peak + k);
        hn::StoreU(hn::IfThenElse(hn::RebindMask(di, wins), at, hn::LoadU(di, position + k)), di,
                   position + k);
      }
    }
  }
}
// #endregion short

/// Calls `start(begin, end)` for some planes, then `visit(out, in, count, peaks, positions)` for
/// tiles of their rows of windows: `out` and `in` are where row and plane begin.
template <typename T, typename Start, typename Visit>
void ForEachTile(const T* x, const PoolGeometry& g, Start start, Visit visit) {
  const int64_t work = g.out_h * g.out_w * g.kernel_h * g.kernel_w;
  const int64_t together = ShortRows<T>(g);
  ParallelFor(g.planes, ElementGrain(work), [&](int64_t begin, int64_t end) {
    // Vectors at the end of a tile reach behind it.
    T peak[kPoolTile + hn::MaxLanes(hn::ScalableTag<T>())];
    PositionOf<T> position[kPoolTile + hn::MaxLanes(hn::ScalableTag<T>())];
    start(begin, end);
    for (int64_t row = begin * g.out_h; together > 0 && row < end * g.out_h; row += together) {
      const int64_t rows = std::min(together, end * g.out_h - row), plane = row / g.out_h;
      const int64_t in = plane * g.h * g.w;
      FirstMaximaOfShortRows(x + in, g, row - plane * g.out_h, rows, peak, position);
      visit(row * g.out_w, in, rows * g.out_w, peak, position);
    }
    for (int64_t row = begin * g.out_h; together == 0 && row < end * g.out_h; ++row) {
      const int64_t plane = row / g.out_h;
      for (int64_t first = 0; first < g.out_w; first += kPoolTile) {
        const int64_t count = std::min(kPoolTile, g.out_w - first);
        const int64_t touched = count + hn::MaxLanes(hn::ScalableTag<T>());
        std::fill_n(peak, touched, -std::numeric_limits<T>::infinity());
        std::fill_n(position, touched, PositionOf<T>(-1));
        FirstMaxima(x + plane * g.h * g.w, g, row % g.out_h, first, count, peak, position);
        visit(row * g.out_w + first, plane * g.h * g.w, count, peak, position);
      }
    }
  });
}

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

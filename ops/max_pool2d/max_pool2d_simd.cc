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
hn::Vec<D> LoadApart(D d, const T* from, int64_t step, int64_t count, bool may_read_behind) {
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

// #region simd
/// Maxima, and where they are, of the windows (i, first .. first+count-1) of a plane. Elements come
/// in scan order and replace only what is smaller, so the first maximum stays.
template <typename T>
void FirstMaxima(const T* plane, const PoolGeometry& g, int64_t i, int64_t first, int64_t count,
                 T* peak, PositionOf<T>* position) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = hn::Lanes(d);
  HWY_ALIGN PositionOf<T> steps[hn::MaxLanes(d)];
  for (int64_t lane = 0; lane < lanes; ++lane) {
    steps[lane] = static_cast<PositionOf<T>>(lane * g.stride_w);
  }
  const auto lane_offsets = hn::Load(di, steps);
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

/// Whether no window reaches into padding, a row of windows does not fill a vector, and positions
/// in the planes of a tile are small numbers.
template <typename T>
bool HasShortRows(const PoolGeometry& g) {
  auto inside = [](int64_t size, int64_t out, int64_t kernel, int64_t stride, int64_t dilation) {
    return (out - 1) * stride + (kernel - 1) * dilation < size;
  };
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>()), kCells = int64_t{1} << 20;
  return g.h * g.w <= kCells && g.padding_h == 0 && g.padding_w == 0 && g.out_w < kLanes &&
         inside(g.h, g.out_h, g.kernel_h, g.stride_h, g.dilation_h) &&
         inside(g.w, g.out_w, g.kernel_w, g.stride_w, g.dilation_w);
}

// #region short
/// The same for windows first .. first+count-1 of consecutive planes: each lane gathers its own
/// window, so that a vector spans rows and planes. Positions count from the first plane.
template <typename T>
void FirstMaximaOfShortRows(const T* planes, const PoolGeometry& g, int64_t first, int64_t count,
                            T* peak, PositionOf<T>* position) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = hn::Lanes(d);
  HWY_ALIGN PositionOf<T> corner[kPoolTile + hn::MaxLanes(d)];
  int64_t j = first % g.out_w, i = first / g.out_w;
  int64_t row = i / g.out_h * g.h + i % g.out_h * g.stride_h;
  for (int64_t k = 0; k < count; ++k) {
    corner[k] = static_cast<PositionOf<T>>(row * g.w + j * g.stride_w);
    if (++j < g.out_w) continue;
    j = 0;
    row = ++i % g.out_h == 0 ? i / g.out_h * g.h : row + g.stride_h;
  }
  std::fill_n(corner + count, lanes, corner[count - 1]);
  for (int64_t k = 0; k < count; k += lanes) {
    const auto corners = hn::Load(di, corner + k);
    auto best = hn::GatherIndex(d, planes, corners);
    auto best_at = corners;
    for (int64_t a = 0; a < g.kernel_h; ++a) {
      for (int64_t b = a == 0 ? 1 : 0; b < g.kernel_w; ++b) {
        const int64_t tap = a * g.dilation_h * g.w + b * g.dilation_w;
        const auto at = hn::Add(corners, hn::Set(di, static_cast<PositionOf<T>>(tap)));
        const auto x = hn::GatherIndex(d, planes, at);
        const auto wins = hn::AndNot(hn::IsNaN(best), hn::Or(hn::Gt(x, best), hn::IsNaN(x)));
        best = hn::IfThenElse(wins, x, best);
        best_at = hn::IfThenElse(hn::RebindMask(di, wins), at, best_at);
      }
    }
    hn::StoreU(best, d, peak + k);
    hn::StoreU(best_at, di, position + k);
  }
}
// #endregion short

/// Calls `visit(out, in, count, peaks, positions)` for tiles of each row of windows, planes in
/// parallel: `out` and `in` are where row and plane begin.
template <typename T, typename Visit>
void ForEachTile(const T* x, const PoolGeometry& g, Visit visit) {
  const int64_t work = g.out_h * g.out_w * g.kernel_h * g.kernel_w;
  const bool short_rows = HasShortRows<T>(g);
  ParallelFor(g.planes, ElementGrain(work), [&](int64_t begin, int64_t end) {
    // Vectors at the end of a tile reach behind it.
    T peak[kPoolTile + hn::MaxLanes(hn::ScalableTag<T>())];
    PositionOf<T> position[kPoolTile + hn::MaxLanes(hn::ScalableTag<T>())];
    const int64_t windows = g.out_h * g.out_w;
    for (int64_t at = begin * windows; short_rows && at < end * windows; at += kPoolTile) {
      const int64_t count = std::min(kPoolTile, end * windows - at), plane = at / windows;
      const int64_t in = plane * g.h * g.w;
      FirstMaximaOfShortRows(x + in, g, at - plane * windows, count, peak, position);
      visit(at, in, count, peak, position);
    }
    for (int64_t row = begin * g.out_h; !short_rows && row < end * g.out_h; ++row) {
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

void MaxPool2d(const MaxPool2dArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* y = static_cast<T*>(args.y);
    ForEachTile(static_cast<const T*>(args.x), args.geometry,
                [&](int64_t out, int64_t, int64_t count, const T* peak, const PositionOf<T>*) {
                  std::copy_n(peak, count, y + out);
                });
  });
}

void MaxPool2dBackward(const MaxPool2dRouteArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* dy = static_cast<const T*>(args.from);
    T* dx = static_cast<T*>(args.to);
    ForEachTile(static_cast<const T*>(args.x), args.geometry,
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
    ForEachTile(static_cast<const T*>(args.x), args.geometry,
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

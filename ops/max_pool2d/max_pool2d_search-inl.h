// The search for the first maximum of each window; included once a Highway target.

#if defined(PROVA_OPS_MAX_POOL2D_SEARCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_MAX_POOL2D_SEARCH_INL_H_
#undef PROVA_OPS_MAX_POOL2D_SEARCH_INL_H_
#else
#define PROVA_OPS_MAX_POOL2D_SEARCH_INL_H_
#endif

#include <algorithm>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
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

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

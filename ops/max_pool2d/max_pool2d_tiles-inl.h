// The gradient where no two windows share an element; included once a Highway target.

#if defined(PROVA_OPS_MAX_POOL2D_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_MAX_POOL2D_TILES_INL_H_
#undef PROVA_OPS_MAX_POOL2D_TILES_INL_H_
#else
#define PROVA_OPS_MAX_POOL2D_TILES_INL_H_
#endif

#include <algorithm>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The widest windows whose columns are loaded as vectors.
constexpr int64_t kWidestTile = 4;

/// Whether the windows lie side by side in the plane, as tiles do, and are not too wide.
inline bool WindowsAreTiles(const PoolGeometry& g) {
  return g.kernel_w <= kWidestTile && g.stride_h == g.kernel_h && g.stride_w == g.kernel_w &&
         g.padding_h == 0 && g.padding_w == 0 && g.dilation_h == 1 && g.dilation_w == 1 &&
         g.out_h * g.kernel_h <= g.h && g.out_w * g.kernel_w <= g.w;
}

/// One row of as many windows as a vector has lanes: column[b] holds element b of each.
template <int64_t kWidth, class D>
struct TileRow {
  using T = hn::TFromD<D>;
  hn::Vec<D> column[kWidth];

  HWY_INLINE void Load(D d, const T* from) {
    if constexpr (kWidth == 1) column[0] = hn::LoadU(d, from);
    if constexpr (kWidth == 2) hn::LoadInterleaved2(d, from, column[0], column[1]);
    if constexpr (kWidth == 3) hn::LoadInterleaved3(d, from, column[0], column[1], column[2]);
    if constexpr (kWidth == 4) {
      hn::LoadInterleaved4(d, from, column[0], column[1], column[2], column[3]);
    }
  }
  HWY_INLINE void Store(D d, T* to) const {
    if constexpr (kWidth == 1) hn::StoreU(column[0], d, to);
    if constexpr (kWidth == 2) hn::StoreInterleaved2(column[0], column[1], d, to);
    if constexpr (kWidth == 3) hn::StoreInterleaved3(column[0], column[1], column[2], d, to);
    if constexpr (kWidth == 4) {
      hn::StoreInterleaved4(column[0], column[1], column[2], column[3], d, to);
    }
  }
};

// #region tiles
/// dx under as many windows side by side as a vector has lanes: in each, dy at the first maximum of
/// x and 0 elsewhere. Rows of x and dx are `pitch` apart.
template <int64_t kWidth, class D, typename T, typename Height>
HWY_INLINE void RouteThroughTiles(D d, const T* x, const T* dy, Height height, int64_t pitch,
                                  T* dx) {
  const hn::RebindToSigned<D> di;
  using Place = hn::TFromD<decltype(di)>;
  const auto place_of = [&](int64_t a, int64_t b) {
    return hn::Set(di, static_cast<Place>(a * kWidth + b));
  };
  TileRow<kWidth, D> row;
  // If nothing is larger than this, all are equal to it, and the first has place 0.
  auto peak = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto place = hn::Zero(di);
  for (int64_t a = 0; a < height; ++a) {
    row.Load(d, x + a * pitch);
    HWY_UNROLL(4)
    for (int64_t b = 0; b < kWidth; ++b) {
      // Larger, or NaN; over NaN nothing wins.
      const auto wins = hn::AndNot(hn::IsNaN(peak), hn::Not(hn::Le(row.column[b], peak)));
      peak = hn::IfThenElse(wins, row.column[b], peak);
      place = hn::IfThenElse(hn::RebindMask(di, wins), place_of(a, b), place);
    }
  }
  // A sum of one term, which begins at 0 as every sum does: it makes 0 of -0.
  const auto sum = hn::Add(hn::Zero(d), hn::LoadU(d, dy));
  for (int64_t a = 0; a < height; ++a) {
    HWY_UNROLL(4)
    for (int64_t b = 0; b < kWidth; ++b) {
      const auto here = hn::RebindMask(d, hn::Eq(place, place_of(a, b)));
      row.column[b] = hn::IfThenElseZero(here, sum);
    }
    row.Store(d, dx + a * pitch);
  }
}

/// The same for a plane whose rows hold a vector of windows or more. The last vector of a row ends
/// with the row and may repeat what the one before it wrote.
template <int64_t kWidth, class D, typename T, typename Height>
void RouteThroughPlane(D d, const T* x, const T* dy, const PoolGeometry& g, Height height, T* dx) {
  const int64_t lanes = hn::Lanes(d), covered = g.out_w * kWidth;
  for (int64_t i = 0; i < g.out_h; ++i, dy += g.out_w) {
    for (int64_t j = 0; j < g.out_w; j += lanes) {
      const int64_t first = std::min(j, g.out_w - lanes), at = first * kWidth;
      RouteThroughTiles<kWidth>(d, x + at, dy + first, height, g.w, dx + at);
    }
    for (int64_t a = 0; a < height; ++a, x += g.w, dx += g.w) {
      std::fill_n(dx + covered, g.w - covered, T(0));
    }
  }
  std::fill_n(dx, (g.h - g.out_h * height) * g.w, T(0));
}
// #endregion tiles

/// dx of all planes, for windows kWidth wide; rows that fill no vector take half of one.
template <int64_t kWidth, class D, typename T>
void RouteThroughPlanes(D d, const T* x, const T* dy, const PoolGeometry& g, T* dx) {
  if constexpr (hn::MaxLanes(D()) > 1) {
    if (g.out_w < static_cast<int64_t>(hn::Lanes(d))) {
      return RouteThroughPlanes<kWidth>(hn::Half<D>(), x, dy, g, dx);
    }
  }
  const int64_t cells = g.h * g.w, windows = g.out_h * g.out_w;
  const auto route = [&](auto height) {
    ParallelFor(g.planes, ElementGrain(cells), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        RouteThroughPlane<kWidth>(d, x + plane * cells, dy + plane * windows, g, height,
                                  dx + plane * cells);
      }
    });
  };
  // Most windows are square: their loops have a known end.
  if (g.kernel_h == kWidth) return route(std::integral_constant<int64_t, kWidth>());
  route(g.kernel_h);
}

/// The gradient of a pool whose windows are tiles.
template <typename T>
void RouteThroughTiledPlanes(const T* x, const T* dy, const PoolGeometry& g, T* dx) {
  const hn::ScalableTag<T> d;
  if (g.kernel_w == 1) return RouteThroughPlanes<1>(d, x, dy, g, dx);
  if (g.kernel_w == 2) return RouteThroughPlanes<2>(d, x, dy, g, dx);
  if (g.kernel_w == 3) return RouteThroughPlanes<3>(d, x, dy, g, dx);
  RouteThroughPlanes<4>(d, x, dy, g, dx);
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

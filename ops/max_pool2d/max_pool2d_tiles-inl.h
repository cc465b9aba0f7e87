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
#include "base/vectors-inl.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// The widest windows whose columns are loaded as vectors.
constexpr int64_t kWidestTile = 4;

/// Elements of a line of rows that fill no vector each: a line of x and one of dx, with the places
/// of their rows, stay in the first-level cache.
constexpr int64_t kTileLine = 1024;

/// Whether the windows lie side by side in the plane, as tiles do, and are not too large.
template <typename T>
bool WindowsAreTiles(const PoolGeometry& g) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  return g.kernel_w <= kWidestTile && g.kernel_h <= kTileLine / (kWidestTile * kLanes) &&
         g.stride_h == g.kernel_h && g.stride_w == g.kernel_w && g.padding_h == 0 &&
         g.padding_w == 0 && g.dilation_h == 1 && g.dilation_w == 1 &&
         g.out_h * g.kernel_h <= g.h && g.out_w * g.kernel_w <= g.w;
}

/// One row of as many windows as a vector has lanes: column[b] holds element b of each.
template <int64_t width, class D>
struct TileRow {
  using T = hn::TFromD<D>;
  static constexpr int64_t kWidth = width;
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

/// The same, two elements wide, where a row of the plane is a vector of at most two blocks: the
/// upper half of the lanes has the windows of the row of windows that begins `apart` further on.
template <class D>
struct PairOfTileRows {
  using T = hn::TFromD<D>;
  static constexpr int64_t kWidth = 2;
  int64_t apart;
  hn::Vec<D> column[kWidth];

  HWY_INLINE void Load(D d, const T* from) {
    const auto first = hn::LoadU(d, from), second = hn::LoadU(d, from + apart);
    column[0] = hn::ConcatEven(d, second, first);
    column[1] = hn::ConcatOdd(d, second, first);
  }
  HWY_INLINE void Store(D d, T* to) const {
    auto first = hn::InterleaveLower(d, column[0], column[1]);
    auto second = hn::InterleaveUpper(d, column[0], column[1]);
    if constexpr (hn::MaxLanes(D()) * sizeof(T) > 16) {  // interleaved in blocks of 16 bytes
      const auto blocks = first;
      first = hn::ConcatLowerLower(d, second, blocks);
      second = hn::ConcatUpperUpper(d, second, blocks);
    }
    hn::StoreU(first, d, to);
    hn::StoreU(second, d, to + apart);
  }
};

/// Elements from row i of windows to the next one, perhaps of the next plane; counts i on.
inline int64_t ToNextRow(const PoolGeometry& g, int64_t height, int64_t& i) {
  i = i + 1 < g.out_h ? i + 1 : 0;
  return (i == 0 ? g.h - (g.out_h - 1) * height : height) * g.w;
}

// #region tiles
/// dx under as many windows side by side as a vector has lanes: in each, its element of dy at the
/// first maximum of x and 0 elsewhere. Rows of x and dx are `pitch` apart; `row` takes each.
template <class Row, class D, typename T, typename Height>
HWY_INLINE void RouteThroughTiles(D d, Row row, const T* x, hn::Vec<D> dy, Height height,
                                  int64_t pitch, T* dx) {
  constexpr int64_t kWidth = Row::kWidth;
  const hn::RebindToSigned<D> di;
  using Place = hn::TFromD<decltype(di)>;
  const auto place_of = [&](int64_t a, int64_t b) {
    return hn::Set(di, static_cast<Place>(a * kWidth + b));
  };
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
  const auto sum = hn::Add(hn::Zero(d), dy);
  for (int64_t a = 0; a < height; ++a) {
    HWY_UNROLL(4)
    for (int64_t b = 0; b < kWidth; ++b) {
      const auto here = hn::RebindMask(d, hn::Eq(place, place_of(a, b)));
      row.column[b] = hn::IfThenElseZero(here, sum);
    }
    row.Store(d, dx + a * pitch);
  }
}

/// The same for `rows` rows of windows, each a vector or longer, of planes that begin here. The
/// last vector of a row ends with the row and may repeat what the one before it wrote.
template <int64_t kWidth, typename T, typename Height>
void RouteThroughLongRows(const T* x, const T* dy, const PoolGeometry& g, int64_t rows,
                          Height height, T* dx) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  for (int64_t row = 0, i = 0; row < rows; ++row, dy += g.out_w) {
    for (int64_t j = 0; j < g.out_w; j += lanes) {
      const int64_t first = std::min(j, g.out_w - lanes), at = first * kWidth;
      RouteThroughTiles(d, TileRow<kWidth, decltype(d)>(), x + at, hn::LoadU(d, dy + first), height,
                        g.w, dx + at);
    }
    const int64_t next = ToNextRow(g, height, i);
    x += next;
    dx += next;
  }
}

/// The same for rows that fill no vector: they are copied behind each other, so that a vector spans
/// rows and planes, and what comes out is copied back.
template <int64_t kWidth, typename T, typename Height>
void RouteThroughShortRows(const T* x, const T* dy, const PoolGeometry& g, int64_t rows,
                           Height height, T* dx) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d), covered = g.out_w * kWidth;
  const int64_t most = kTileLine / (height * kWidth) / lanes * lanes;  // windows of a line
  const int64_t together = most / g.out_w, pitch = most * kWidth;
  HWY_ALIGN T line[kTileLine] = {}, routed[kTileLine];
  int64_t top[kTileLine];  // of each row of windows
  for (int64_t row = 0, i = 0, at = 0; row < rows; row += together) {
    const int64_t count = std::min(together, rows - row), windows = count * g.out_w;
    for (int64_t r = 0; r < count; ++r) {
      top[r] = at;
      at += ToNextRow(g, height, i);
    }
    const auto for_each_part = [&](auto copy) {
      for (int64_t a = 0; a < height; ++a) {
        for (int64_t c = 0; c < covered; c += lanes) {
          const int64_t n = std::min(lanes, covered - c), in_plane = a * g.w + c;
          for (int64_t r = 0, in_line = a * pitch + c; r < count; ++r, in_line += covered) {
            copy(top[r] + in_plane, in_line, n);
          }
        }
      }
    };
    for_each_part([&](int64_t in_plane, int64_t in_line, int64_t n) {
      StoreUpTo(LoadUpTo(d, x + in_plane, n), d, line + in_line, n);
    });
    for (int64_t k = 0; k < windows; k += lanes) {
      const auto from = LoadUpTo(d, dy + row * g.out_w + k, std::min(lanes, windows - k));
      RouteThroughTiles(d, TileRow<kWidth, decltype(d)>(), line + k * kWidth, from, height, pitch,
                        routed + k * kWidth);
    }
    for_each_part([&](int64_t in_plane, int64_t in_line, int64_t n) {
      StoreUpTo(LoadUpTo(d, routed + in_line, n), d, dx + in_plane, n);
    });
  }
}

/// The same for windows two wide in planes as wide as D: two rows of windows fill a vector as they
/// lie.
template <class D, typename T, typename Height>
void RouteThroughPairsOfRows(const T* x, const T* dy, const PoolGeometry& g, int64_t rows,
                             Height height, T* dx) {
  const D d;
  int64_t row = 0, i = 0;
  for (; row + 2 <= rows; row += 2, dy += 2 * g.out_w) {
    const int64_t apart = ToNextRow(g, height, i), next = apart + ToNextRow(g, height, i);
    RouteThroughTiles(d, PairOfTileRows<D>{apart, {}}, x, hn::LoadU(d, dy), height, g.w, dx);
    x += next;
    dx += next;
  }
  if (row < rows) RouteThroughShortRows<2>(x, dy, g, 1, height, dx);
}
// #endregion tiles

/// How rows of this geometry are routed, for windows kWidth wide.
template <int64_t kWidth, typename T, typename Height>
auto RouteOfRows(const PoolGeometry& g) {
  using OneBlock = hn::CappedTag<T, 16 / sizeof(T)>;
  using TwoBlocks = hn::CappedTag<T, 32 / sizeof(T)>;
  if (g.out_w >= static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()))) {
    return &RouteThroughLongRows<kWidth, T, Height>;
  }
  if constexpr (kWidth == 2) {
    if (g.w == static_cast<int64_t>(hn::Lanes(OneBlock()))) {
      return &RouteThroughPairsOfRows<OneBlock, T, Height>;
    }
    if (g.w == static_cast<int64_t>(hn::Lanes(TwoBlocks()))) {
      return &RouteThroughPairsOfRows<TwoBlocks, T, Height>;
    }
  }
  return &RouteThroughShortRows<kWidth, T, Height>;
}

/// dx of all planes, for windows kWidth wide.
template <int64_t kWidth, typename T, typename Height>
void RouteThroughPlanes(const T* x, const T* dy, const PoolGeometry& g, Height height, T* dx) {
  const int64_t cells = g.h * g.w, windows = g.out_h * g.out_w;
  const bool leaves_cells = windows * height * kWidth < cells;
  const auto route = RouteOfRows<kWidth, T, Height>(g);
  ParallelFor(g.planes, ElementGrain(cells), [&](int64_t begin, int64_t end) {
    T* planes = dx + begin * cells;
    if (leaves_cells) std::fill_n(planes, (end - begin) * cells, T(0));
    route(x + begin * cells, dy + begin * windows, g, (end - begin) * g.out_h, height, planes);
  });
}

/// The gradient of a pool whose windows are tiles.
template <typename T>
void RouteThroughTiledPlanes(const T* x, const T* dy, const PoolGeometry& g, T* dx) {
  const auto with_width = [&](auto width) {
    // Most windows are square: their loops have a known end.
    if (g.kernel_h == width) return RouteThroughPlanes<width()>(x, dy, g, width, dx);
    RouteThroughPlanes<width()>(x, dy, g, g.kernel_h, dx);
  };
  if (g.kernel_w == 1) return with_width(std::integral_constant<int64_t, 1>());
  if (g.kernel_w == 2) return with_width(std::integral_constant<int64_t, 2>());
  if (g.kernel_w == 3) return with_width(std::integral_constant<int64_t, 3>());
  with_width(std::integral_constant<int64_t, 4>());
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

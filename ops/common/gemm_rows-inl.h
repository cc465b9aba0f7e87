// Rows of tiles of a matrix product, and how their sums become the result; included once a Highway
// target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_GEMM_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_GEMM_ROWS_INL_H_
#undef PROVA_OPS_COMMON_GEMM_ROWS_INL_H_
#else
#define PROVA_OPS_COMMON_GEMM_ROWS_INL_H_
#endif

#include <algorithm>
#include <bit>

#include "hwy/cache_control.h"

#include "base/vectors-inl.h"

#include "ops/common/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// A product y = finish(start + a b), computed as yᵀ = finish(startᵀ + bᵀaᵀ) where that suits.
/// `start` may repeat along an axis, with a step of 0; `finish(d, v)` is a pointwise formula.
template <typename T>
inline constexpr T kZero = 0;
template <typename T, typename Formula = Identity>
struct Product {
  Strided<const T> a;  // [m, k]
  Strided<const T> b;  // [k, n]
  Strided<T> y;        // [m, n]
  Strided<const T> start = {&kZero<T>, 0, 0};
  Formula finish = {};
  bool streams = false;  // whether y is to be stored around the caches where it can be
  bool fetches = true;   // whether lines of y are fetched before they are written

  Product Transposed() const {
    return {b.Transposed(), a.Transposed(), y.Transposed(), start.Transposed(),
            finish,         streams,        fetches};
  }
  /// What the block of y that begins at (i, j) is computed from.
  Product From(int64_t i, int64_t j) const {
    return {a.From(i, 0), b.From(0, j), y.From(i, j), start.From(i, j), finish, streams, fetches};
  }
};

/// y = finish(start + tile), element by element where y has no whole vectors.
template <typename T, typename Formula>
void WriteTile(int64_t height, int64_t width, const T* tile, Strided<const T> start, Strided<T> y,
               const Formula& finish) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  auto write = [&](auto load) HWY_ATTR {
    for (int64_t c = 0; c < width; c += kLanes) {
      const int64_t count = std::min(kLanes, width - c);
      for (int64_t r = 0; r < height; ++r) {
        const auto sum = hn::Load(d, tile + r * kTileCols<T> + c);
        const auto value = finish(d, hn::Add(load(start.at(r, c), count), sum));
        T* to = y.at(r, c);
        if (y.col == 1) {
          StoreUpTo(value, d, to, count);
        } else {
          HWY_ALIGN T values[kLanes];
          hn::Store(value, d, values);
          for (int64_t i = 0; i < count; ++i) to[i * y.col] = values[i];
        }
      }
    }
  };
  if (start.col == 0) {
    return write([=](const T* from, int64_t) HWY_ATTR { return hn::Set(d, *from); });
  }
  if (start.col == 1) {
    return write([=](const T* from, int64_t count) HWY_ATTR { return LoadUpTo(d, from, count); });
  }
  write([=](const T* from, int64_t count) HWY_ATTR {
    HWY_ALIGN T values[kLanes];
    for (int64_t i = 0; i < kLanes; ++i) values[i] = from[std::min(i, count - 1) * start.col];
    return hn::Load(d, values);
  });
}

/// How a chunk of columns is cut into tiles: whole ones, then a tail that leaves no tile of a
/// single vector beside a whole one, since those wait for loads.
template <typename T>
struct TileCuts {
  int64_t cols, wide, tail;  // all columns, those in whole tiles, the width of a tile behind them

  explicit TileCuts(int64_t count) : cols(count), wide(count / kTileCols<T> * kTileCols<T>) {
    constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
    const bool lone_vector = wide > 0 && count > wide && count - wide <= kLanes;
    if (lone_vector) wide -= kTileCols<T>;
    tail = lone_vector ? 2 * kLanes : kTileCols<T>;
  }
  int64_t Step(int64_t j) const { return j < wide ? kTileCols<T> : tail; }
};

/// Some terms of a product: `count` from term k on. The first meet `start`, the last `finish`.
struct Terms {
  int64_t k, count;
  bool is_first, is_last;
  bool is_direct;  // whether whole vectors of sums need no tile in the cache on their way to y
  Into into;       // how they then end

  template <typename T, typename Formula>
  Terms(const Product<T, Formula>& of, int64_t k, int64_t count, int64_t depth)
      : k(k), count(count), is_first(k == 0), is_last(k + count == depth) {
    constexpr int64_t kBytes = hn::MaxLanes(hn::ScalableTag<T>()) * sizeof(T);
    const bool is_plain = std::is_same_v<Formula, Identity>;
    const bool applies = is_last && !is_plain;
    const bool starts = is_first && (applies || of.start.data != &kZero<T>);
    const bool is_spread = starts && of.start.col == 0;
    const bool is_aligned =
        of.y.row * sizeof(T) % kBytes == 0 && reinterpret_cast<uintptr_t>(of.y.data) % kBytes == 0;
    // A start that is spread and then not finished would need another ending: it is rare.
    const bool ends = !starts || of.start.col == 1 || (is_spread && (is_last || is_plain));
    is_direct = of.y.col == 1 && ends && !(applies && !kIsShort<Formula>);
    into = is_spread                  ? Into::kSpread
           : applies                  ? Into::kFinished
           : starts || !is_first      ? Into::kAdded
           : of.streams && is_aligned ? Into::kStreamed
                                      : Into::kNew;
  }
};

/// Rows of y as high as a tile, which tiles side by side fill with sums of some terms: straight
/// from registers, or through a tile in the cache where a long formula is applied, or where y has
/// no whole vectors.
template <typename T, typename Formula>
class RowOfTiles {
 public:
  RowOfTiles(const Product<T, Formula>& of, const Terms& terms, int64_t i, int64_t j,
             int64_t height)
      : of_(of),
        terms_(terms),
        y_(of.y.From(i, j)),
        start_(terms.is_first ? of.start.From(i, j) : Strided<const T>(y_)),
        height_(height),
        is_direct_(terms.is_direct &&
                   (height == kTileRows || std::has_single_bit<uint64_t>(height))),
        fetches_(of.fetches && y_.col == 1 && !(is_direct_ && terms.into == Into::kStreamed)),
        end_{terms.into, y_.data, y_.row, start_.data, start_.row} {}

  /// The tile of `width` columns from `left` on.
  template <typename AStep, typename RowOfB>
  HWY_INLINE void Add(int64_t left, int64_t width, const T* const* a, AStep a_step,
                      const RowOfB& b_row) const {
    constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>()), kLine = 64 / sizeof(T);
    // Fetch the lines of y that the tile will write while its sums are made.
    for (int64_t r = 0; fetches_ && r < height_; ++r) {
      for (int64_t c = 0; c < width; c += kLine) hwy::Prefetch(y_.at(r, left + c));
    }
    if (is_direct_ && width % kLanes == 0) {
      return MultiplyTile(height_, width, terms_.count, a, a_step, b_row, end_, left);
    }
    HWY_ALIGN T tile[kTileRows * kTileCols<T>];
    const Ending<T, InRegisters> end = {Into::kNew, tile, kTileCols<T>};
    MultiplyTile(height_, width, terms_.count, a, a_step, b_row, end, 0);
    const Strided<T> y = y_.From(0, left);
    const Strided<const T> start = start_.From(0, left);
    if (terms_.is_last) return WriteTile(height_, width, tile, start, y, of_.finish);
    WriteTile(height_, width, tile, start, y, Identity());
  }

 private:
  using InRegisters = std::conditional_t<kIsShort<Formula>, Formula, Identity>;
  const Product<T, Formula>& of_;
  const Terms& terms_;
  Strided<T> y_;
  Strided<const T> start_;
  int64_t height_;
  bool is_direct_, fetches_;
  Ending<T, InRegisters> end_;
};

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

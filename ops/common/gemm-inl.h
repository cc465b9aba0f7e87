// Matrix products of the vector kernels; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_GEMM_INL_H_
#undef PROVA_OPS_COMMON_GEMM_INL_H_
#else
#define PROVA_OPS_COMMON_GEMM_INL_H_
#endif

#include <algorithm>
#include <bit>

#include "hwy/cache_control.h"
#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "base/transpose-inl.h"
#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Whether there are 32 vector registers, or 16.
inline constexpr bool kManyRegisters = !HWY_ARCH_X86 || HWY_TARGET <= HWY_AVX3;

/// A tile of the result that registers hold: 8 rows of 3 vectors, or 6 of 2, which are a line of
/// memory each.
inline constexpr int64_t kTileRows = kManyRegisters ? 8 : 6;
inline constexpr int64_t kTileVectors = kManyRegisters ? 3 : 2;
template <typename T>
inline constexpr int64_t kTileCols = kTileVectors* hn::MaxLanes(hn::ScalableTag<T>());

/// Most terms that are summed in registers before their sum is added to what came before: the error
/// of n terms grows as that of n / 512.
template <typename T>
inline constexpr int64_t kDepthBlock = 2048 / sizeof(T);

/// A matrix in memory: element (i, j) lies at data + i * row + j * col.
template <typename T>
struct Strided {
  T* data;
  int64_t row;
  int64_t col;

  T* at(int64_t i, int64_t j) const { return data + i * row + j * col; }
  Strided From(int64_t i, int64_t j) const { return {at(i, j), row, col}; }
  Strided Transposed() const { return {data, col, row}; }
  operator Strided<const T>() const { return {data, row, col}; }
};

struct Identity {
  template <class D>
  hn::Vec<D> operator()(D, hn::Vec<D> v) const {
    return v;
  }
};

/// Whether a pointwise formula needs so few registers that it is applied to sums in theirs.
template <typename Formula>
inline constexpr bool kIsShort = std::is_same_v<Formula, Identity>;

/// How sums become some rows of y, in whole vectors: alone (those stored around the caches at
/// aligned places), or finish(start + sums), where start has a vector beside each or spreads a
/// number over each row.
enum class Into { kNew, kStreamed, kAdded, kFinished, kSpread };
template <typename T, typename Formula>
struct Ending {
  Into into;
  T* y;
  int64_t y_row;  // from a row to the next
  const T* start = nullptr;
  int64_t start_row = 0;
  Formula finish = {};
};

// #region tile
/// sum_k a(r, k) b(k, j) for `rows` rows and `vectors` vectors of columns from `left` on: the sums
/// stay in registers up to their `end`. a(r, k) lies at a[r] + k * a_step, row k of b at b_row(k).
/// Steps that are constants become displacements: a core that another thread shares runs out of
/// instructions before it runs out of multiply-adds.
template <int rows, int vectors, typename T, typename AStep, typename RowOfB, typename Formula>
HWY_INLINE void MultiplyRows(int64_t depth, const T* const* a, AStep a_step, const RowOfB& b_row,
                             const Ending<T, Formula>& end, int64_t left) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const T* a_k = a[0];
  int64_t apart[rows];
  V sums[rows][vectors];
  HWY_UNROLL(8)
  for (int r = 0; r < rows; ++r) {
    apart[r] = a[r] - a[0];
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
  }
  HWY_UNROLL(4)
  for (int64_t k = 0; k < depth; ++k, a_k += a_step) {
    const T* from = b_row(k);
    V b[vectors];
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) b[v] = hn::LoadU(d, from + v * kLanes);
    HWY_UNROLL(8)
    for (int r = 0; r < rows; ++r) {
      const V a_r = hn::Set(d, a_k[apart[r]]);
      HWY_UNROLL(3)
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(a_r, b[v], sums[r][v]);
    }
  }
  auto write = [&, y = end.y + left, y_row = end.y_row](auto put) HWY_ATTR {
    HWY_UNROLL(8)
    for (int r = 0; r < rows; ++r) {
      HWY_UNROLL(3)
      for (int v = 0; v < vectors; ++v) put(sums[r][v], y + r * y_row + v * kLanes, r, v);
    }
  };
  auto added = [=, start = end.start + left, row = end.start_row](V sum, int r, int v)
                   HWY_ATTR { return hn::Add(hn::LoadU(d, start + r * row + v * kLanes), sum); };
  if (end.into == Into::kNew) {
    write([=](V sum, T* to, int, int) HWY_ATTR { hn::StoreU(sum, d, to); });
  } else if (end.into == Into::kAdded) {
    write([=](V sum, T* to, int r, int v) HWY_ATTR { hn::StoreU(added(sum, r, v), d, to); });
  } else if (end.into == Into::kFinished) {
    write([=](V sum, T* to, int r, int v)
              HWY_ATTR { hn::StoreU(end.finish(d, added(sum, r, v)), d, to); });
  } else if (end.into == Into::kSpread) {
    write([=](V sum, T* to, int r, int) HWY_ATTR {
      const V start = hn::Set(d, end.start[r * end.start_row]);
      hn::StoreU(end.finish(d, hn::Add(start, sum)), d, to);
    });
  } else {
    write([=](V sum, T* to, int, int) HWY_ATTR { hn::Stream(sum, d, to); });
  }
}
// #endregion tile

/// The same for a tile of any height and width: the least variant that covers it. It writes whole
/// vectors, and reads a row of `a` beyond the last, so both are rounded up.
template <typename T, typename AStep, typename RowOfB, typename Formula>
void MultiplyTile(int64_t height, int64_t width, int64_t depth, const T* const* a, AStep a_step,
                  const RowOfB& b_row, const Ending<T, Formula>& end, int64_t left) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  if (height > 4 && width > (kTileVectors - 1) * kLanes) {
    return MultiplyRows<kTileRows, kTileVectors>(depth, a, a_step, b_row, end, left);
  }
  auto with = [&](auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    auto multiply = [&](auto rows) HWY_ATTR {
      MultiplyRows<decltype(rows)::value, kVectors>(depth, a, a_step, b_row, end, left);
    };
    if (height == 1) return multiply(std::integral_constant<int, 1>());
    if (height == 2) return multiply(std::integral_constant<int, 2>());
    if (height <= 4) return multiply(std::integral_constant<int, 4>());
    multiply(std::integral_constant<int, kTileRows>());
  };
  if (width <= kLanes) return with(std::integral_constant<int, 1>());
  if (width <= 2 * kLanes) return with(std::integral_constant<int, 2>());
  with(std::integral_constant<int, kTileVectors>());
}

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

// #region pack
/// Copies lines of a matrix into strips of `width` lines, in the order in which the tile reads
/// them: to[strip][k][r] = element (strip * width + r, k) of `from` [count, depth]; zeros beyond
/// the last.
template <int64_t width, typename T>
void Pack(Strided<const T> from, int64_t count, int64_t depth, T* HWY_RESTRICT to) {
  // Some terms of all strips at a time: what is read and written meanwhile stays in the cache.
  const int64_t block = from.col == 1 ? depth : 16;
  for (int64_t top = 0; top < depth; top += block) {
    const int64_t terms = std::min(block, depth - top);
    for (int64_t i = 0; i < count; i += width) {
      const int64_t rows = std::min(width, count - i);
      const Strided<const T> lines = from.From(i, top);
      T* strip = to + i * depth + top * width;
      if (from.col == 1) {
        Transpose(rows, terms, lines.data, lines.row, strip, width);
      } else if (from.row == 1 && rows == width) {
        for (int64_t k = 0; k < terms; ++k) CopyRow(lines.at(0, k), width, strip + k * width);
      } else {
        for (int64_t k = 0; k < terms; ++k) {
          for (int64_t r = 0; r < rows; ++r) strip[k * width + r] = *lines.at(r, k);
        }
      }
      for (int64_t k = 0; rows < width && k < terms; ++k) {
        std::fill(strip + k * width + rows, strip + (k + 1) * width, T(0));
      }
    }
  }
}
// #endregion pack

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

/// Rows of a that a task packs at a time: they stream from the third-level cache, and the more of
/// them, the fewer times b is packed.
inline constexpr int64_t kPanelRows = 768;

/// Numbers of b that a task packs at a time, for the second-level cache: many columns of few terms,
/// whose tiles then write long stretches of y. Short ones take 1.5 times as long in memory.
template <typename T>
inline constexpr int64_t kChunk = 192 * kDepthBlock<T>;
template <typename T>
int64_t ChunkCols(int64_t terms) {
  return kChunk<T> / std::max<int64_t>(terms, 16) / kTileCols<T> * kTileCols<T>;
}

/// Operands are read where they are unless that costs more than a copy. b is packed for at least so
/// many rows of y; a, where lines of memory lie so far apart that a strip's share few sets of the
/// cache, or are so many that they fill it: lines that hold its terms, or its rows, which more than
/// so many columns must repay.
inline constexpr int64_t kPackedRows = kManyRegisters ? 640 : 48;
inline constexpr int64_t kFarTerms = kManyRegisters ? 768 : 192;
inline constexpr int64_t kWideTerms = kManyRegisters ? kFarTerms : 48, kManyTerms = 256;
inline constexpr int64_t kFarRows = 2048, kRepaidCols = 96;
template <typename T>
bool PacksA(const Strided<const T>& a, int64_t cols, int64_t depth) {
  if (a.col == 1) return a.row >= kFarRows && cols > kRepaidCols;
  if (cols <= 2 * kTileCols<T>) return false;
  return a.col >= kFarTerms || (a.col >= kWideTerms && depth >= kManyTerms);
}

/// Who first meets rows of b that lie so far apart fetches so many of them ahead.
inline constexpr int64_t kRowsApart = 512, kRowsAhead = 16;

// #region block
/// One block of y. Packs into the stack: 1.9 MiB. The five loops around the tile that are usual
/// since Goto's GEMM: blocks of terms, panels of a, chunks of b, strips, tiles.
template <typename T, typename Formula>
void MultiplyBlock(int64_t rows, int64_t cols, int64_t depth, const Product<T, Formula>& of) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  HWY_ALIGN T panel[kPanelRows * kDepthBlock<T>];
  HWY_ALIGN T chunk[kChunk<T>];
  const bool packs_a = PacksA(of.a, cols, depth);
  const bool packs_b = of.b.col != 1 || rows >= kPackedRows;
  const int64_t panel_rows = packs_a ? kPanelRows : rows;
  // Equal blocks of terms: a short one would read and write y as often as a long one.
  const int64_t blocks = std::max<int64_t>(1, (depth + kDepthBlock<T> - 1) / kDepthBlock<T>);
  const int64_t block = (depth + blocks - 1) / blocks;
  int64_t k = 0;
  do {
    const int64_t count = std::min(block, depth - k);
    const Terms terms(of, k, count, depth);
    const int64_t chunk_cols = ChunkCols<T>(count);
    for (int64_t top = 0; top < rows; top += panel_rows) {
      const int64_t bottom = std::min(rows, top + panel_rows);
      if (packs_a) Pack<kTileRows>(of.a.From(top, k), bottom - top, count, panel);
      for (int64_t first = 0; first < cols; first += chunk_cols) {
        const TileCuts<T> cuts(std::min(chunk_cols, cols - first));
        // Columns that fill no vector are packed in any case: loads would go beyond them.
        const int64_t in_place = packs_b ? 0 : (cuts.cols % kLanes == 0 ? cuts.cols : cuts.wide);
        auto pack = [&](int64_t from, int64_t to) HWY_ATTR {
          const Strided<const T> lines = of.b.From(k, first + from).Transposed();
          if (cuts.Step(from) == kTileCols<T>) {
            Pack<kTileCols<T>>(lines, to - from, count, chunk + from * count);
          } else {
            Pack<2 * kLanes>(lines, to - from, count, chunk + from * count);
          }
        };
        if (in_place < cuts.wide) pack(0, cuts.wide);
        if (in_place < cuts.cols) pack(cuts.wide, cuts.cols);
        for (int64_t i = top; i < bottom; i += kTileRows) {
          const int64_t height = std::min<int64_t>(kTileRows, bottom - i);
          const Strided<const T> lines =
              packs_a ? Strided<const T>{panel + (i - top) * count, 1, kTileRows} : of.a.From(i, k);
          const T* a[kTileRows];
          for (int64_t r = 0; r < kTileRows; ++r) a[r] = lines.at(std::min(r, height - 1), 0);
          const RowOfTiles<T, Formula> tiles(of, terms, i, first, height);
          for (int64_t j = 0, width = 0; j < cuts.cols; j += width) {
            width = cuts.Step(j);
            const bool here = j < in_place;
            const T* b = here ? of.b.at(k, first + j) : chunk + j * count;
            const int64_t b_step = here ? of.b.row : width;
            auto add = [&](auto step, const auto& b_row) HWY_ATTR __attribute__((always_inline)) {
              tiles.Add(j, std::min(width, cuts.cols - j), a, step, b_row);
            };
            auto packed = [=](int64_t term) HWY_ATTR { return b + term * kTileCols<T>; };
            auto row = [=](int64_t term) HWY_ATTR { return b + term * b_step; };
            if (b_step == kTileCols<T> && lines.col == kTileRows) {
              add(std::integral_constant<int64_t, kTileRows>(), packed);
            } else if (b_step == kTileCols<T> && lines.col == 1) {
              add(std::integral_constant<int64_t, 1>(), packed);
            } else if (here && i == top && b_step >= kRowsApart) {
              // Hardware that fetches what comes next begins anew at every row that lies apart.
              add(lines.col, [=](int64_t term) HWY_ATTR {
                const T* soon = row(std::min(term + kRowsAhead, count - 1));
                for (int v = 0; v < kTileVectors; ++v) hwy::Prefetch(soon + v * kLanes);
                return row(term);
              });
            } else {
              add(lines.col, row);
            }
          }
        }
      }
    }
    k += count;
  } while (k < depth);
}
// #endregion block

/// The partition of y into blocks, one a task: large ones read and pack least, several a thread
/// share out evenly. Each element of y is the same sum in any block: threads do not change results.
struct BlockGrid {
  int64_t rows, cols;    // of a block
  int64_t down, across;  // blocks

  int64_t count() const { return down * across; }
};
template <typename T>
BlockGrid PartitionBlocks(int64_t batches, int64_t m, int64_t n, int64_t k, bool packs_a,
                          bool packs_b) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  // Where a is packed, cuts between columns pack it once more, others b.
  const int64_t threads = NumThreads(), shares = packs_a ? 2 : 4;
  const int64_t tasks = threads == 1 ? 1 : shares * threads;
  auto round_up = [](int64_t size, int64_t unit) { return (size + unit - 1) / unit * unit; };
  int64_t rows = round_up(m, kTileRows), cols = round_up(n, kLanes);
  while (true) {
    const BlockGrid grid{rows, cols, (m + rows - 1) / rows, (n + cols - 1) / cols};
    const int64_t half = rows * cols * k / 2;
    const int64_t least = batches * grid.count() < threads ? kProductGrain : 4 * kProductGrain;
    if (batches * grid.count() >= tasks || half < least) return grid;
    // Blocks below each other pack the same columns of b, blocks side by side the same rows of a.
    const bool is_wide =
        packs_b && !packs_a ? cols > 2 * kTileCols<T> : cols > rows && cols > kTileCols<T>;
    if (is_wide) {
      cols = round_up(cols / 2, kLanes);
    } else if (rows > kTileRows) {
      rows = round_up(rows / 2, kTileRows);
    } else {
      return grid;
    }
  }
}

/// A result of so many bytes is likely in a core's own caches.
inline constexpr int64_t kOwnCacheBytes = int64_t{1} << 18;

/// Each product of a batch, in parallel; `product(batch)` has its matrices. Nothing may be empty
/// but the terms.
template <typename T, typename ProductOf>
void MultiplyMatrices(int64_t batches, int64_t m, int64_t n, int64_t k, const ProductOf& product) {
  // Of a result narrower than a vector the transposed one is computed: its rows fill the vectors.
  const int64_t lanes = hn::MaxLanes(hn::ScalableTag<T>());
  const bool flip = n < lanes && m > n;
  if (flip) std::swap(m, n);
  // What is added to is read again soon: only a y of one block of terms is stored around caches, by
  // vectors that are whole lines. Halves of lines leave one by one where tiles write many.
  const int64_t bytes = batches * m * n * static_cast<int64_t>(sizeof(T));
  const bool streams = lanes * sizeof(T) == 64 && bytes >= kStreamBytes && k <= kDepthBlock<T>;
  auto operands = [&](int64_t batch) {
    auto all = product(batch);
    all.streams = streams;
    all.fetches = bytes > kOwnCacheBytes;
    return flip ? all.Transposed() : all;
  };
  const auto first = operands(0);
  const BlockGrid grid =
      PartitionBlocks<T>(batches, m, n, k, PacksA(first.a, n, k), first.b.col != 1);
  const int64_t grain = ProductGrain(grid.rows * grid.cols * k);
  ParallelFor(batches * grid.count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t block = task % grid.count();
      const int64_t i = block / grid.across * grid.rows, j = block % grid.across * grid.cols;
      MultiplyBlock<T>(std::min(grid.rows, m - i), std::min(grid.cols, n - j), k,
                       operands(task / grid.count()).From(i, j));
    }
    if (streams) hwy::FlushStream();
  });
}

/// y[r * apart] = <a, b[r * apart]> for `rows` rows of b, contiguous each: two vectors of partial
/// sums a row, gathered after every block of terms.
template <int rows, typename T>
void DotProducts(const T* a, Strided<const T> b, int64_t apart, int64_t n, T* y) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  constexpr int64_t kBlock = 16 * kDepthBlock<T>;
  V total[rows], even[rows], odd[rows];
  const T* b_rows[rows];
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) {
    total[r] = hn::Zero(d);
    b_rows[r] = b.at(r * apart, 0);
  }
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, n);
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) even[r] = odd[r] = hn::Zero(d);
    int64_t i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      const V a0 = hn::LoadU(d, a + i), a1 = hn::LoadU(d, a + i + lanes);
      HWY_UNROLL(4)
      for (int r = 0; r < rows; ++r) {
        even[r] = hn::MulAdd(a0, hn::LoadU(d, b_rows[r] + i), even[r]);
        odd[r] = hn::MulAdd(a1, hn::LoadU(d, b_rows[r] + i + lanes), odd[r]);
      }
    }
    for (; i < end; i += lanes) {
      const int64_t count = std::min(lanes, end - i);
      const V a0 = LoadUpTo(d, a + i, count);
      HWY_UNROLL(4)
      for (int r = 0; r < rows; ++r) {
        even[r] = hn::MulAdd(a0, LoadUpTo(d, b_rows[r] + i, count), even[r]);
      }
    }
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) total[r] = hn::Add(total[r], hn::Add(even[r], odd[r]));
  }
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) y[r * apart] = hn::GetLane(hn::SumOfLanes(d, total[r]));
}

/// Rows of a matrix that meets a vector which are read at once: more are not faster.
inline constexpr int kStreams = 4;

/// y[j] = <a, b[j]> for `count` rows of b, four at a time, whose sums do not wait for each other.
/// They stand a quarter apart: each goes on where the one before it ended, a long stream.
template <typename T>
void DotRows(const T* a, Strided<const T> b, int64_t n, int64_t count, T* y) {
  const int64_t apart = count / kStreams, grouped = kStreams * apart;
  for (int64_t j = 0; j < apart; ++j) DotProducts<kStreams>(a, b.From(j, 0), apart, n, y + j);
  for (int64_t j = grouped; j < count; ++j) DotProducts<1>(a, b.From(j, 0), 1, n, y + j);
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

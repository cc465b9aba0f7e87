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
#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// A tile of the result that registers hold: 8 rows of 3 vectors where there are 32 of them, 4 of 3
/// where there are 16.
inline constexpr int64_t kTileRows = !HWY_ARCH_X86 || HWY_TARGET <= HWY_AVX3 ? 8 : 4;
inline constexpr int64_t kTileVectors = 3;
template <typename T>
inline constexpr int64_t kTileCols = kTileVectors* hn::MaxLanes(hn::ScalableTag<T>());

/// Terms that are summed in registers before their sum is added to what came before: the error of
/// n terms grows as that of n / 256.
template <typename T>
inline constexpr int64_t kDepthBlock = 1024 / sizeof(T);

// #region tile
/// to[r][j] (+)= sum_k a(r, k) b(k, j) for `rows` rows and `vectors` vectors of columns: the sums
/// stay in registers. a(r, k) lies at a[r] + k * a_step, row k of b at b_row(k), row r of `to` at r
/// * stride.
template <int rows, int vectors, typename T, typename RowOfB>
HWY_INLINE void MultiplyRows(int64_t depth, const T* const* a, int64_t a_step, const RowOfB& b_row,
                             T* HWY_RESTRICT to, int64_t stride, bool add) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const T* a_rows[rows];
  V sums[rows][vectors];
  HWY_UNROLL(8)
  for (int r = 0; r < rows; ++r) {
    a_rows[r] = a[r];
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (int64_t k = 0; k < depth; ++k) {
    const T* from = b_row(k);
    V b[vectors];
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) b[v] = hn::LoadU(d, from + v * kLanes);
    HWY_UNROLL(8)
    for (int r = 0; r < rows; ++r) {
      const V a_r = hn::Set(d, a_rows[r][k * a_step]);
      HWY_UNROLL(3)
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(a_r, b[v], sums[r][v]);
    }
  }
  HWY_UNROLL(8)
  for (int r = 0; r < rows; ++r) {
    HWY_UNROLL(3)
    for (int v = 0; v < vectors; ++v) {
      T* at = to + r * stride + v * kLanes;
      hn::StoreU(hn::Add(add ? hn::LoadU(d, at) : hn::Zero(d), sums[r][v]), d, at);
    }
  }
}
// #endregion tile

/// The same for a tile of any height and width: the least variant that covers it. It writes whole
/// vectors, and reads a row of `a` beyond the last, so both are rounded up.
template <typename T, typename RowOfB>
void MultiplyTile(int64_t height, int64_t width, int64_t depth, const T* const* a, int64_t a_step,
                  const RowOfB& b_row, T* to, int64_t stride, bool add) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  auto with = [&](auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    auto multiply = [&](auto rows) HWY_ATTR {
      MultiplyRows<decltype(rows)::value, kVectors>(depth, a, a_step, b_row, to, stride, add);
    };
    if (height == 1) return multiply(std::integral_constant<int, 1>());
    if (height == 2) return multiply(std::integral_constant<int, 2>());
    if (height <= 4) return multiply(std::integral_constant<int, 4>());
    if constexpr (kTileRows > 4) multiply(std::integral_constant<int, kTileRows>());
  };
  if (width <= kLanes) return with(std::integral_constant<int, 1>());
  if (width <= 2 * kLanes) return with(std::integral_constant<int, 2>());
  with(std::integral_constant<int, kTileVectors>());
}

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

/// A product y = finish(start + a b), computed as yᵀ = finish(startᵀ + bᵀaᵀ) where that suits.
/// `start` may repeat along an axis, with a step of 0; `finish(d, v)` is a pointwise formula.
template <typename T>
inline constexpr T kZero = 0;
struct Identity {
  template <class D>
  hn::Vec<D> operator()(D, hn::Vec<D> v) const {
    return v;
  }
};
template <typename T, typename Formula = Identity>
struct Product {
  Strided<const T> a;  // [m, k]
  Strided<const T> b;  // [k, n]
  Strided<T> y;        // [m, n]
  Strided<const T> start = {&kZero<T>, 0, 0};
  Formula finish = {};

  Product Transposed() const {
    return {b.Transposed(), a.Transposed(), y.Transposed(), start.Transposed(), finish};
  }
  /// What the block of y that begins at (i, j) is computed from.
  Product From(int64_t i, int64_t j) const {
    return {a.From(i, 0), b.From(0, j), y.From(i, j), start.From(i, j), finish};
  }
};

/// A square of 16 bytes a side: to[k * width + r] = from[r * line + k].
template <typename T>
HWY_INLINE void TransposeSquare(const T* from, int64_t line, T* to, int64_t width) {
  const hn::FixedTag<T, 16 / sizeof(T)> d;
  if constexpr (sizeof(T) == 8) {
    const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + line);
    hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
    hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + width);
  } else {
    const hn::Repartition<double, decltype(d)> pairs;
    const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + line);
    const auto r2 = hn::LoadU(d, from + 2 * line), r3 = hn::LoadU(d, from + 3 * line);
    const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, r0, r1));
    const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, r2, r3));
    const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, r0, r1));
    const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, r2, r3));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, to);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, to + width);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, to + 2 * width);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, to + 3 * width);
  }
}

// #region pack
/// Copies lines of a matrix into strips of `width` lines, in the order in which the tile reads
/// them: to[strip][k][r] = element (strip * width + r, k) of `from` [count, depth]; zeros beyond
/// the last.
template <typename T>
void Pack(Strided<const T> from, int64_t count, int64_t depth, int64_t width, T* HWY_RESTRICT to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  if (from.row == 1 && width % lanes == 0) {
    // Neighbours in memory are neighbours in a strip: all strips at once, a row of memory at a
    // time.
    for (int64_t k = 0; k < depth; ++k) {
      const T* line = from.at(0, k);
      for (int64_t i = 0; i < count; i += width) {
        T* packed = to + i * depth + k * width;
        const int64_t rest = std::min(width, count - i);
        int64_t r = 0;
        for (; r + lanes <= rest; r += lanes) hn::StoreU(hn::LoadU(d, line + i + r), d, packed + r);
        if (r < rest) hn::StoreU(LoadPartial(d, line + i + r, rest - r, T(0)), d, packed + r);
      }
    }
    return;
  }
  constexpr int64_t kSide = 16 / sizeof(T);
  for (int64_t i = 0; i < count; i += width) {
    T* strip = to + i * depth;
    const int64_t rows = std::min(width, count - i);
    int64_t r = 0;
    for (; from.col == 1 && r + kSide <= rows; r += kSide) {
      int64_t k = 0;
      for (; k + kSide <= depth; k += kSide) {
        TransposeSquare(from.at(i + r, k), from.row, strip + k * width + r, width);
      }
      for (; k < depth; ++k) {
        for (int64_t s = r; s < r + kSide; ++s) strip[k * width + s] = *from.at(i + s, k);
      }
    }
    for (int64_t k = 0; r < width && k < depth; ++k) {
      for (int64_t s = r; s < width; ++s) {
        strip[k * width + s] = s < rows ? *from.at(i + s, k) : T(0);
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
  const int64_t lanes = hn::Lanes(d);
  for (int64_t r = 0; r < height; ++r, tile += kTileCols<T>) {
    for (int64_t c = 0; c < width; c += lanes) {
      const int64_t count = std::min(lanes, width - c);
      const T* from = start.at(r, c);
      T* to = y.at(r, c);
      const auto sum = hn::Load(d, tile + c);
      if (y.col == 1 && start.col == 0) {
        StoreUpTo(finish(d, hn::Add(hn::Set(d, *from), sum)), d, to, count);
      } else if (y.col == 1 && start.col == 1) {
        StoreUpTo(finish(d, hn::Add(LoadUpTo(d, from, count), sum)), d, to, count);
      } else {
        HWY_ALIGN T scattered[hn::MaxLanes(d)];
        for (int64_t i = 0; i < lanes; ++i) scattered[i] = from[std::min(i, count - 1) * start.col];
        hn::Store(finish(d, hn::Add(hn::Load(d, scattered), sum)), d, scattered);
        for (int64_t i = 0; i < count; ++i) to[i * y.col] = scattered[i];
      }
    }
  }
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

/// Columns of b that a task packs at a time, for the second-level cache; and rows of y from which
/// packing pays: below, rows of b are read where they are.
inline constexpr int64_t kChunkCols = 288, kPackedRows = 640;

// #region block
/// One block of y, summed in blocks of terms. Packs b into the stack: 288 KiB.
template <typename T, typename Formula>
void MultiplyBlock(int64_t rows, int64_t cols, int64_t depth, const Product<T, Formula>& of) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  HWY_ALIGN T packed[kChunkCols * kDepthBlock<T>];
  HWY_ALIGN T tile[kTileRows * kTileCols<T>];
  const T* const no_start = &kZero<T>;
  int64_t k = 0;
  do {
    const int64_t terms = std::min(kDepthBlock<T>, depth - k);
    const bool is_first = k == 0, is_last = k + terms == depth;
    // Sums go straight into y, or through a tile where something is added, applied or scattered.
    const Strided<const T> start = is_first ? of.start : Strided<const T>(of.y);
    const bool adds = is_first && of.start.data != no_start;
    const bool applies = is_last && !std::is_same_v<Formula, Identity>;
    const bool direct = of.y.col == 1 && !adds && !applies;
    for (int64_t first = 0; first < cols; first += kChunkCols) {
      const TileCuts<T> cuts(std::min(kChunkCols, cols - first));
      // Columns that fill no vector are packed in any case: in place, loads would go beyond them.
      const bool in_place = of.b.col == 1 && rows < kPackedRows;
      const int64_t whole = in_place ? (cuts.cols % kLanes == 0 ? cuts.cols : cuts.wide) : 0;
      auto pack = [&](int64_t from, int64_t to) HWY_ATTR {
        Pack(of.b.From(k, first + from).Transposed(), to - from, terms, cuts.Step(from),
             packed + from * terms);
      };
      if (whole < cuts.wide) pack(0, cuts.wide);
      if (whole < cuts.cols) pack(cuts.wide, cuts.cols);
      for (int64_t i = 0; i < rows; i += kTileRows) {
        const int64_t height = std::min<int64_t>(kTileRows, rows - i);
        const T* a[kTileRows];
        for (int64_t r = 0; r < kTileRows; ++r) a[r] = of.a.at(i + std::min(r, height - 1), k);
        for (int64_t j = 0; j < cuts.cols; j += cuts.Step(j)) {
          const int64_t width = std::min(cuts.Step(j), cuts.cols - j);
          const T* b = j < whole ? of.b.at(k, first + j) : packed + j * terms;
          const int64_t b_step = j < whole ? of.b.row : cuts.Step(j);
          auto b_row = [=](int64_t term) HWY_ATTR { return b + term * b_step; };
          const Strided<T> y = of.y.From(i, first + j);
          // Fetch the lines of y that the tile will write while its sums are made.
          for (int64_t r = 0; of.y.col == 1 && r < height; ++r) {
            for (int64_t c = 0; c < width; c += kLanes) hwy::Prefetch(y.at(r, c));
          }
          if (direct && width % kLanes == 0 && std::has_single_bit<uint64_t>(height)) {
            MultiplyTile(height, width, terms, a, of.a.col, b_row, y.data, y.row, !is_first);
            continue;
          }
          MultiplyTile(height, width, terms, a, of.a.col, b_row, tile, kTileCols<T>, false);
          const Strided<const T> from = start.From(i, first + j);
          if (is_last) {
            WriteTile(height, width, tile, from, y, of.finish);
          } else {
            WriteTile(height, width, tile, from, y, Identity());
          }
        }
      }
    }
    k += terms;
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
BlockGrid PartitionBlocks(int64_t batches, int64_t m, int64_t n, int64_t k) {
  const int64_t tasks = NumThreads() == 1 ? 1 : 4 * NumThreads();
  auto round_up = [](int64_t size, int64_t unit) { return (size + unit - 1) / unit * unit; };
  int64_t rows = round_up(m, kTileRows), cols = round_up(n, kTileCols<T>);
  while (true) {
    const BlockGrid grid{rows, cols, (m + rows - 1) / rows, (n + cols - 1) / cols};
    if (batches * grid.count() >= tasks || rows * cols * k < 2 * kProductGrain) return grid;
    if (cols >= rows && cols > kTileCols<T>) {
      cols = round_up(cols / 2, kTileCols<T>);
    } else if (rows > kTileRows) {
      rows = round_up(rows / 2, kTileRows);
    } else {
      return grid;
    }
  }
}

/// Each product of a batch, in parallel; `product(batch)` has its matrices. Nothing may be empty
/// but the terms.
template <typename T, typename ProductOf>
void MultiplyMatrices(int64_t batches, int64_t m, int64_t n, int64_t k, const ProductOf& product) {
  // Of a result narrower than a vector the transposed one is computed: its rows fill the vectors.
  const int64_t lanes = hn::MaxLanes(hn::ScalableTag<T>());
  const bool flip = n < lanes && m > n;
  if (flip) std::swap(m, n);
  const BlockGrid grid = PartitionBlocks<T>(batches, m, n, k);
  const int64_t grain = ProductGrain(grid.rows * grid.cols * k);
  ParallelFor(batches * grid.count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const auto all = product(task / grid.count());
      const int64_t block = task % grid.count();
      const int64_t i = block / grid.across * grid.rows, j = block % grid.across * grid.cols;
      MultiplyBlock<T>(std::min(grid.rows, m - i), std::min(grid.cols, n - j), k,
                       (flip ? all.Transposed() : all).From(i, j));
    }
  });
}

/// y[r] = <a, b[r]> for `rows` contiguous vectors b[r] = b + r * stride: two vectors of partial
/// sums each, gathered after every block of terms.
template <int rows, typename T>
void DotProducts(const T* a, const T* b, int64_t stride, int64_t n, T* y) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::Lanes(d);
  constexpr int64_t kBlock = 16 * kDepthBlock<T>;
  V total[rows], even[rows], odd[rows];
  const T* b_rows[rows];
  for (int r = 0; r < rows; ++r) {
    total[r] = hn::Zero(d);
    b_rows[r] = b + r * stride;
  }
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, n);
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
      for (int r = 0; r < rows; ++r) {
        even[r] = hn::MulAdd(a0, LoadUpTo(d, b_rows[r] + i, count), even[r]);
      }
    }
    for (int r = 0; r < rows; ++r) total[r] = hn::Add(total[r], hn::Add(even[r], odd[r]));
  }
  for (int r = 0; r < rows; ++r) y[r] = hn::GetLane(hn::SumOfLanes(d, total[r]));
}

/// y[j] = <a, b[j]> for `count` rows of b. The memory serves several streams faster than one.
template <typename T>
void DotRows(const T* a, const T* b, int64_t stride, int64_t n, int64_t count, T* y) {
  constexpr int kRows = 4;
  int64_t j = 0;
  for (; j + kRows <= count; j += kRows) DotProducts<kRows>(a, b + j * stride, stride, n, y + j);
  for (; j < count; ++j) DotProducts<1>(a, b + j * stride, stride, n, y + j);
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

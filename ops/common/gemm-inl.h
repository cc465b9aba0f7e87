// Matrix products of the vector kernels; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_GEMM_INL_H_
#undef PROVA_OPS_COMMON_GEMM_INL_H_
#else
#define PROVA_OPS_COMMON_GEMM_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "base/parallel_for.h"

#include "ops/common/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// A tile of the result that registers hold: 8 rows of 2 vectors where there are 32 of them, 6 of 2
/// where there are 16.
inline constexpr int64_t kTileRows = HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3 ? 6 : 8;
template <typename T>
inline constexpr int64_t kTileCols = 2 * hn::MaxLanes(hn::ScalableTag<T>());

/// Terms that are summed in registers before their sum is added to what came before: the error of
/// n terms grows as that of n / 256.
template <typename T>
inline constexpr int64_t kDepthBlock = 1024 / sizeof(T);

// #region tile
/// tile[r][j] (+)= sum_k a[k][r] * b_row(k)[j] for the first `rows` rows, one or two vectors wide.
/// a: [depth, kTileRows]; b_row(k): where row k of b starts; tile: [kTileRows, kTileCols].
template <int rows, int vectors, typename T, typename RowOfB>
HWY_INLINE void MultiplyRows(const T* HWY_RESTRICT a, int64_t depth, const RowOfB& b_row,
                             T* HWY_RESTRICT tile, bool add) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  V sums[rows][vectors];
  HWY_UNROLL(8)
  for (int r = 0; r < rows; ++r) {
    HWY_UNROLL(2)
    for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (int64_t k = 0; k < depth; ++k) {
    const T* from = b_row(k);
    V b[vectors];
    HWY_UNROLL(2)
    for (int v = 0; v < vectors; ++v) b[v] = hn::LoadU(d, from + v * kLanes);
    HWY_UNROLL(8)
    for (int r = 0; r < rows; ++r) {
      const V a_r = hn::Set(d, a[k * kTileRows + r]);
      HWY_UNROLL(2)
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(a_r, b[v], sums[r][v]);
    }
  }
  HWY_UNROLL(8)
  for (int r = 0; r < rows; ++r) {
    HWY_UNROLL(2)
    for (int v = 0; v < vectors; ++v) {
      T* to = tile + r * kTileCols<T> + v * kLanes;
      hn::StoreU(add ? hn::Add(hn::LoadU(d, to), sums[r][v]) : sums[r][v], d, to);
    }
  }
}
// #endregion tile

/// The same for any number of rows and columns up to a tile: the least variant that covers them.
template <typename T, typename RowOfB>
void MultiplyTile(int64_t rows, int64_t cols, const T* a, int64_t depth, const RowOfB& b_row,
                  T* tile, bool add) {
  auto with = [&](auto vectors) {
    constexpr int kVectors = decltype(vectors)::value;
    if (rows == 1) return MultiplyRows<1, kVectors>(a, depth, b_row, tile, add);
    if (rows == 2) return MultiplyRows<2, kVectors>(a, depth, b_row, tile, add);
    if (rows <= 4) return MultiplyRows<4, kVectors>(a, depth, b_row, tile, add);
    return MultiplyRows<kTileRows, kVectors>(a, depth, b_row, tile, add);
  };
  if (2 * cols > kTileCols<T>) return with(std::integral_constant<int, 2>());
  with(std::integral_constant<int, 1>());
}

/// A matrix in memory: element (i, j) lies at data + i * row + j * col.
template <typename T>
struct Strided {
  T* data;
  int64_t row;
  int64_t col;

  T* at(int64_t i, int64_t j) const { return data + i * row + j * col; }
};

// #region pack
/// to[k][i] = from[i * line + k * step] for `count` lines, zeros behind them up to `width`.
template <typename T>
void Pack(const T* from, int64_t line, int64_t step, int64_t count, int64_t depth, int64_t width,
          T* HWY_RESTRICT to) {
  if (line == 1) {
    for (int64_t k = 0; k < depth; ++k, from += step, to += width) {
      std::fill(std::copy_n(from, count, to), to + width, T(0));
    }
    return;
  }
  // Line by line in pieces short enough to stay in the cache.
  constexpr int64_t kPiece = 16;
  for (int64_t begin = 0; begin < depth; begin += kPiece) {
    const int64_t end = std::min(begin + kPiece, depth);
    for (int64_t i = 0; i < width; ++i) {
      const T* source = from + i * line;
      for (int64_t k = begin; k < end; ++k) to[k * width + i] = i < count ? source[k * step] : T(0);
    }
  }
}
// #endregion pack

/// The operands of one product y = start + a b, transposed as (ab)ᵀ = bᵀaᵀ where that suits.
/// `start` may repeat along an axis, with a step of 0.
template <typename T>
inline constexpr T kZero = 0;
template <typename T>
struct MatrixOperands {
  Strided<const T> a;
  Strided<const T> b;
  Strided<T> y;
  Strided<const T> start = {&kZero<T>, 0, 0};

  MatrixOperands Transposed() const {
    return {{b.data, b.col, b.row},
            {a.data, a.col, a.row},
            {y.data, y.col, y.row},
            {start.data, start.col, start.row}};
  }
  /// What a block of y that begins at (i, j) is computed from.
  MatrixOperands From(int64_t i, int64_t j) const {
    return {{a.at(i, 0), a.row, a.col},
            {b.at(0, j), b.row, b.col},
            {y.at(i, j), y.row, y.col},
            {start.at(i, j), start.row, start.col}};
  }
};

/// y = start + tile, where `start` may be y.
template <typename T>
void StoreTile(int64_t height, int64_t width, const T* tile, Strided<const T> start, Strided<T> y) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  for (int64_t r = 0; r < height; ++r, tile += kTileCols<T>) {
    const T* from = start.at(r, 0);
    T* to = y.at(r, 0);
    int64_t c = 0;
    if (y.col == 1 && (start.col == 0 || start.col == 1)) {
      for (; c + lanes <= width; c += lanes) {
        const auto first = start.col == 0 ? hn::Set(d, *from) : hn::LoadU(d, from + c);
        hn::StoreU(hn::Add(first, hn::LoadU(d, tile + c)), d, to + c);
      }
    }
    for (; c < width; ++c) to[c * y.col] = from[c * start.col] + tile[c];
  }
}

/// Largest part of the result that one task computes: packed, a stays in the second-level cache,
/// a panel of b in the first.
inline constexpr int64_t kBlockRows = 192;
inline constexpr int64_t kBlockCols = 256;

// #region block
/// One block of y, summed in depth blocks. Packs into the stack: 448 KiB.
template <typename T>
void MultiplyBlock(int64_t rows, int64_t cols, int64_t depth, const MatrixOperands<T>& of) {
  constexpr int64_t kRows = kTileRows, kCols = kTileCols<T>, kDepth = kDepthBlock<T>;
  HWY_ALIGN T a_packed[kBlockRows * kDepth];
  HWY_ALIGN T b_packed[kBlockCols * kDepth];
  HWY_ALIGN T tile[kRows * kCols];
  MatrixOperands<T> block = of;
  int64_t k = 0;
  do {
    const int64_t terms = std::min(kDepth, depth - k);
    for (int64_t i = 0; i < rows; i += kRows) {
      Pack(of.a.at(i, k), of.a.row, of.a.col, std::min(kRows, rows - i), terms, kRows,
           a_packed + i * terms);
    }
    for (int64_t j = 0; j < cols; j += kCols) {
      Pack(of.b.at(k, j), of.b.col, of.b.row, std::min(kCols, cols - j), terms, kCols,
           b_packed + j * terms);
    }
    for (int64_t j = 0; j < cols; j += kCols) {
      const T* panel = b_packed + j * terms;
      const int64_t width = std::min(kCols, cols - j);
      for (int64_t i = 0; i < rows; i += kRows) {
        const int64_t height = std::min(kRows, rows - i);
        MultiplyTile(
            height, width, a_packed + i * terms, terms,
            [&](int64_t term) { return panel + term * kCols; }, tile, /*add=*/false);
        const MatrixOperands<T> at = block.From(i, j);
        StoreTile(height, width, tile, at.start, at.y);
      }
    }
    // The next terms are added to these.
    block.start = {of.y.data, of.y.row, of.y.col};
    k += terms;
  } while (k < depth);
}
// #endregion block

/// The partition of y into blocks, one a task; from sizes alone, never from threads.
struct BlockGrid {
  int64_t rows, cols;    // of a block
  int64_t down, across;  // blocks

  int64_t count() const { return down * across; }
};
template <typename T>
BlockGrid PartitionBlocks(int64_t batches, int64_t m, int64_t n, int64_t k) {
  constexpr int64_t kTasks = 8;
  auto round_up = [](int64_t size, int64_t unit) { return (size + unit - 1) / unit * unit; };
  int64_t rows = std::min(kBlockRows, round_up(m, kTileRows));
  int64_t cols = std::min(kBlockCols, round_up(n, kTileCols<T>));
  while (true) {
    const BlockGrid grid{rows, cols, (m + rows - 1) / rows, (n + cols - 1) / cols};
    if (batches * grid.count() >= kTasks || rows * cols * k < 8 * kProductGrain) return grid;
    if (cols >= rows && cols > kTileCols<T>) {
      cols = round_up(cols / 2, kTileCols<T>);
    } else if (rows > kTileRows) {
      rows = round_up(rows / 2, kTileRows);
    } else {
      return grid;
    }
  }
}

/// Each product of a batch, in parallel; `operands(batch)` has its matrices. Nothing may be empty
/// but the terms.
template <typename T, typename Operands>
void MultiplyMatrices(int64_t batches, int64_t m, int64_t n, int64_t k, const Operands& operands) {
  // Of a result narrower than a tile the transposed one is computed: its rows fill the vectors.
  const bool flip = n < kTileCols<T> && m > n;
  if (flip) std::swap(m, n);
  const BlockGrid grid = PartitionBlocks<T>(batches, m, n, k);
  const int64_t grain = ProductGrain(grid.rows * grid.cols * k);
  ParallelFor(batches * grid.count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const MatrixOperands<T> all = operands(task / grid.count());
      const int64_t block = task % grid.count();
      const int64_t i = block / grid.across * grid.rows, j = block % grid.across * grid.cols;
      MultiplyBlock<T>(std::min(grid.rows, m - i), std::min(grid.cols, n - j), k,
                       (flip ? all.Transposed() : all).From(i, j));
    }
  });
}

/// <a, b> of contiguous vectors: four vectors of partial sums for each block of terms.
template <typename T>
T DotProduct(const T* a, const T* b, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  constexpr int64_t kBlock = 16 * kDepthBlock<T>;
  auto total = hn::Zero(d);
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, n);
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    int64_t i = begin;
    for (; i + 4 * lanes <= end; i += 4 * lanes) {
      s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
      s1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), s1);
      s2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * lanes), hn::LoadU(d, b + i + 2 * lanes), s2);
      s3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * lanes), hn::LoadU(d, b + i + 3 * lanes), s3);
    }
    for (; i + lanes <= end; i += lanes) {
      s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    }
    if (i < end) {
      s1 = hn::MulAdd(LoadPartial(d, a + i, end - i, T(0)), LoadPartial(d, b + i, end - i, T(0)),
                      s1);
    }
    total = hn::Add(total, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
  }
  return hn::GetLane(hn::SumOfLanes(d, total));
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

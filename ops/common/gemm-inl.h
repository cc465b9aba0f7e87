// Matrix products of the vector kernels: packing, blocks and threads around the tile; included once
// a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_GEMM_INL_H_
#undef PROVA_OPS_COMMON_GEMM_INL_H_
#else
#define PROVA_OPS_COMMON_GEMM_INL_H_
#endif

#include <algorithm>

#include "hwy/cache_control.h"

#include "base/parallel_for.h"
#include "base/transpose-inl.h"
#include "base/vectors-inl.h"
#include "ops/common/block_grid.h"

#include "ops/common/gemm_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

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
  const BlockGrid grid({batches, m, n, k}, {kTileRows, kTileCols<T>, 64 / sizeof(T)},
                       {.a = PacksA(first.a, n, k), .b = first.b.col != 1});
  const int64_t grain = ProductGrain(grid.MostRows() * grid.MostCols() * k);
  ParallelFor(batches * grid.count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t block = task % grid.count();
      const auto rows = grid.Rows(block), cols = grid.Cols(block);
      MultiplyBlock<T>(rows.size(), cols.size(), k,
                       operands(task / grid.count()).From(rows.first, cols.first));
    }
    if (streams) hwy::FlushStream();
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

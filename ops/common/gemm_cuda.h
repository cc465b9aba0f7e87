#pragma once

#include "ops/common/pointwise_cuda.h"

namespace prova::cuda {

/// Matrix products y[i, j] = sum_t a[i, t] b[j, t] for each of `batches`. An operand is asked for
/// its elements by *place* (a row i of a, a column j of b) and *term* t; where they lie is its own
/// affair, so the same kernel multiplies matrices of any strides and convolves images.
struct ProductSize {
  int64_t batches, rows, cols, terms;
};

/// What a product of T is summed in: float32 for 16 bits.
template <typename T>
using SumOf = std::conditional_t<std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>, float,
                                 WrappingType<T>>;

/// Elements that a thread handles at a time: 16 bytes of sums.
template <typename T>
inline constexpr int kPackOf = kTogether<SumOf<T>>;

// #region operand
/// An operand that is a matrix: element (place, term) at place * place_step + term * term_step.
/// Every operand has `along_terms`, whether a pack is neighbouring terms of one place or
/// neighbouring places of one term, and At(batch, place), a reader of the packs that begin there.
template <typename T>
struct Strided {
  using Element = T;
  using Values = Pack<SumOf<T>, kPackOf<T>>;

  const T* first;
  int64_t places, terms;
  int64_t place_step, term_step;
  Walk<1> batch;
  bool along_terms;
  bool packed;  // packs may be loaded at once

  struct Reader {
    /// From `term` on; zeros beyond the matrix.
    __device__ __forceinline__ Values Load(int64_t term) const {
      constexpr int kPack = kPackOf<T>;
      const int64_t step = of->along_terms ? of->term_step : of->place_step;
      const int64_t rest = of->along_terms ? of->terms - term : of->places - place;
      const bool is_inside = place < of->places && term < of->terms;
      const T* at = from + term * of->term_step;
      Values values;
      if (of->packed && is_inside && rest >= kPack) {
        const auto pack = *reinterpret_cast<const Pack<T, kPack>*>(at);
        for (int e = 0; e < kPack; ++e) values[e] = static_cast<SumOf<T>>(pack[e]);
      } else {
        for (int e = 0; e < kPack; ++e) {
          values[e] = is_inside && e < rest ? static_cast<SumOf<T>>(at[e * step]) : SumOf<T>(0);
        }
      }
      return values;
    }

    const Strided* of;
    const T* from;  // term 0 of the place
    int64_t place;
  };
  __device__ __forceinline__ Reader At(int64_t in_batch, int64_t place) const {
    return {this, Matrix(in_batch) + place * place_step, place};
  }
  __device__ __forceinline__ const T* Matrix(int64_t in_batch) const {
    int64_t at[1];
    batch.At(in_batch, at);
    return first + at[0];
  }
};

/// The matrices of operand `k` of a batch; a batch of one has an empty geometry.
template <typename T>
Strided<T> MatricesOf(const void* first, int64_t places, int64_t terms, int64_t place_step,
                      int64_t term_step, const JointGeometry& batch, int k) {
  JointGeometry one = batch.operands == 0 ? OneAxis(1, {1}) : batch;
  one.strides[0] = one.strides[batch.operands == 0 ? 0 : k];
  const bool along_terms = term_step == 1;
  constexpr int64_t kPack = kPackOf<T>;
  bool packed = reinterpret_cast<uintptr_t>(first) % sizeof(Pack<T, kPack>) == 0 &&
                (along_terms ? place_step : term_step) % kPack == 0 &&
                (along_terms || place_step == 1);
  for (int axis = 0; axis < one.shape.rank(); ++axis) {
    packed = packed && (one.shape[axis] == 1 || one.strides[0][axis] % kPack == 0);
  }
  return {static_cast<const T*>(first),
          places,
          terms,
          place_step,
          term_step,
          Walk<1>(one),
          along_terms,
          packed};
}
// #endregion operand

/// A result that is matrices one after another. Every result has `packed`, whether a row's packs
/// may be stored at once, At, the place of an element or null where there is none, and Finish, what
/// becomes of its sum.
template <typename T>
struct RowMajor {
  using Element = T;

  RowMajor(void* y, const ProductSize& of)
      : first(static_cast<T*>(y)),
        rows(of.rows),
        cols(of.cols),
        packed(reinterpret_cast<uintptr_t>(y) % sizeof(Pack<T, kPackOf<T>>) == 0 &&
               of.cols % kPackOf<T> == 0) {}
  __device__ __forceinline__ T* At(int64_t batch, int64_t row, int64_t col) const {
    return first + (batch * rows + row) * cols + col;
  }
  __device__ __forceinline__ T Finish(SumOf<T> sum, int64_t, int64_t, int64_t) const {
    return static_cast<T>(sum);
  }

  T* first;
  int64_t rows, cols;
  bool packed;
};

// #region tile
/// Terms of one step through shared memory.
inline constexpr int kTerms = 8;

/// The part of y that a block computes: `down` x `across` warps, each of 4 x 8 threads, each of
/// which sums `rows` x `cols` elements in registers.
template <int down, int across, int rows, int cols>
struct Tile {
  static constexpr int kThreads = 32 * down * across;
  static constexpr int kThreadRows = rows, kThreadCols = cols;
  static constexpr int kRows = 4 * down * rows, kCols = 8 * across * cols;

  /// Which of the 4 * down rows and 8 * across columns of threads this one is in.
  static __device__ __forceinline__ int RowOfThreads() { return Warp() / across * 4 + Lane() / 8; }
  static __device__ __forceinline__ int ColOfThreads() { return Warp() % across * 8 + Lane() % 8; }

 private:
  static __device__ __forceinline__ int Warp() { return static_cast<int>(threadIdx.x) / 32; }
  static __device__ __forceinline__ int Lane() { return static_cast<int>(threadIdx.x) % 32; }
};
using LargeTile = Tile<4, 2, 8, 8>;   // 128 x 128
using MediumTile = Tile<2, 2, 8, 4>;  // 64 x 64
using SmallTile = Tile<2, 1, 4, 4>;   // 32 x 32
// #endregion tile

// #region carry
/// Brings one operand's `places` of a step from memory to shared memory, where a step lies as
/// [term][place]. A thread carries a pack or a few, the same in each step.
template <typename Operand, int places, int threads>
class Carrier {
 public:
  using T = typename Operand::Element;
  static constexpr int kPack = kPackOf<T>;
  // A pack more than the places: packs that are turned fall on different banks.
  static constexpr int kWidth = places + kPack;
  static constexpr int kPacks = places * kTerms / kPack / threads;
  static_assert(kPacks * kPack * threads == places * kTerms && kTerms % kPack == 0);
  using View = SharedView<SumOf<T>, kWidth>;

  __device__ __forceinline__ Carrier(const Operand& of, int64_t batch, int64_t first_place)
      : along_terms_(of.along_terms) {
    for (int p = 0; p < kPacks; ++p) readers_[p] = of.At(batch, first_place + PlaceOf(p));
  }
  __device__ __forceinline__ void Load(int64_t first_term) {
    for (int p = 0; p < kPacks; ++p) packs_[p] = readers_[p].Load(first_term + TermOf(p));
  }
  /// Into the lines from `line` on.
  __device__ __forceinline__ void Store(const View& tile, int line) const {
    for (int p = 0; p < kPacks; ++p) {
      const int at = (line + TermOf(p)) * kWidth + PlaceOf(p);
      if (along_terms_) {
        for (int e = 0; e < kPack; ++e) tile[at + e * kWidth] = packs_[p][e];
      } else {
        tile.template Store<kPack>(at, packs_[p]);
      }
    }
  }

 private:
  static __device__ __forceinline__ int Number(int p) {
    return static_cast<int>(threadIdx.x) + p * threads;
  }
  __device__ __forceinline__ int PlaceOf(int p) const {
    return along_terms_ ? Number(p) / (kTerms / kPack) : Number(p) % (places / kPack) * kPack;
  }
  __device__ __forceinline__ int TermOf(int p) const {
    return along_terms_ ? Number(p) % (kTerms / kPack) * kPack : Number(p) / (places / kPack);
  }

  bool along_terms_;
  typename Operand::Reader readers_[kPacks];
  typename Operand::Values packs_[kPacks];
};
// #endregion carry

/// The first of the neighbours that pack `p` of a thread's elements is, along an axis with so many
/// rows (or columns) of threads: packs of neighbouring threads lie side by side.
template <int pack>
__device__ __forceinline__ int PackAt(int p, int thread, int threads) {
  return (p * threads + thread) * pack;
}

/// Which tile a block computes.
struct TileIndex {
  int64_t row, col, batch, split;
};

/// Blocks that run together form bands of eight rows of tiles, so that they share what they read.
template <typename Int>
__device__ __forceinline__ TileIndex TileOf(Int block, Int row_tiles, Int col_tiles, Int batches) {
  constexpr Int kBand = 8;
  const Int tiles = row_tiles * col_tiles, tile = block % tiles, rest = block / tiles;
  const Int band = tile / (kBand * col_tiles), within = tile % (kBand * col_tiles);
  const Int height = std::min(kBand, row_tiles - band * kBand);
  return {band * kBand + within % height, within / height, rest % batches, rest / batches};
}

/// A pack of sums to where they belong in y.
template <typename Result, typename Sums>
__device__ __forceinline__ void Write(const Result& y, const ProductSize& of, int64_t batch,
                                      int64_t row, int64_t col, const Sums& sums) {
  using T = typename Result::Element;
  constexpr int kPack = kPackOf<T>;
  Pack<T, kPack> pack;
  for (int e = 0; e < kPack; ++e) {
    if (col + e < of.cols) pack[e] = y.Finish(sums[e], batch, row, col + e);
  }
  if (y.packed && col + kPack <= of.cols) {
    *reinterpret_cast<Pack<T, kPack>*>(y.At(batch, row, col)) = pack;
    return;
  }
  for (int e = 0; e < kPack && col + e < of.cols; ++e) {
    T* to = y.At(batch, row, col + e);
    if (to != nullptr) *to = pack[e];
  }
}

// #region product
/// A block computes a tile of y over `split_terms` terms. Where there are several splits, the sums
/// go to partials[split, batch, row, col].
template <typename Tile, typename A, typename B, typename Result>
__global__ void __launch_bounds__(Tile::kThreads)
    ProductKernel(A a, B b, Result y, ProductSize of, int64_t split_terms,
                  SumOf<typename Result::Element>* partials) {
  using Sum = SumOf<typename Result::Element>;
  constexpr int kPack = kPackOf<typename Result::Element>;
  constexpr int kRowPacks = Tile::kThreadRows / kPack, kColPacks = Tile::kThreadCols / kPack;
  using FromA = Carrier<A, Tile::kRows, Tile::kThreads>;
  using FromB = Carrier<B, Tile::kCols, Tile::kThreads>;
  // Two of each: while threads multiply one step, they bring the next.
  __shared__ SharedArray<Sum, 2 * kTerms, FromA::kWidth> a_memory;
  __shared__ SharedArray<Sum, 2 * kTerms, FromB::kWidth> b_memory;
  const auto a_tile = a_memory.view();
  const auto b_tile = b_memory.view();

  const TileIndex tile = TileOf<int64_t>(blockIdx.x, (of.rows + Tile::kRows - 1) / Tile::kRows,
                                         (of.cols + Tile::kCols - 1) / Tile::kCols, of.batches);
  const int64_t first_row = tile.row * Tile::kRows, first_col = tile.col * Tile::kCols;
  const int64_t begin = tile.split * split_terms, end = std::min(begin + split_terms, of.terms);
  FromA from_a(a, tile.batch, first_row);
  FromB from_b(b, tile.batch, first_col);
  const int thread_row = Tile::RowOfThreads(), thread_col = Tile::ColOfThreads();
  Sum sums[Tile::kThreadRows][Tile::kThreadCols] = {};
  // A thread without any element of y only carries: a few filters fill little of a tile.
  const bool multiplies = first_row + PackAt<kPack>(0, thread_row, 0) < of.rows &&
                          first_col + PackAt<kPack>(0, thread_col, 0) < of.cols;

  from_a.Load(begin);
  from_b.Load(begin);
  int line = 0;
  for (int64_t term = begin; term < end; term += kTerms, line = kTerms - line) {
    from_a.Store(a_tile, line);
    from_b.Store(b_tile, line);
    // The one barrier of a step: who passes it may overwrite what was multiplied before it.
    __syncthreads();
    if (term + kTerms < end) {
      from_a.Load(term + kTerms);
      from_b.Load(term + kTerms);
    }
    for (int t = 0; multiplies && t < kTerms; ++t) {
      Sum column[Tile::kThreadRows], row[Tile::kThreadCols];
      for (int p = 0; p < kRowPacks; ++p) {
        const int at = PackAt<kPack>(p, thread_row, Tile::kRows / Tile::kThreadRows);
        const auto pack = a_tile.template Load<kPack>((line + t) * FromA::kWidth + at);
        for (int e = 0; e < kPack; ++e) column[p * kPack + e] = pack[e];
      }
      for (int p = 0; p < kColPacks; ++p) {
        const int at = PackAt<kPack>(p, thread_col, Tile::kCols / Tile::kThreadCols);
        const auto pack = b_tile.template Load<kPack>((line + t) * FromB::kWidth + at);
        for (int e = 0; e < kPack; ++e) row[p * kPack + e] = pack[e];
      }
      for (int i = 0; i < Tile::kThreadRows; ++i) {
        for (int j = 0; j < Tile::kThreadCols; ++j) sums[i][j] += column[i] * row[j];
      }
    }
  }

  for (int p = 0; p < kColPacks; ++p) {
    const int64_t col = first_col + PackAt<kPack>(p, thread_col, Tile::kCols / Tile::kThreadCols);
    for (int i = 0; i < Tile::kThreadRows; ++i) {
      const int64_t row = first_row + i % kPack +
                          PackAt<kPack>(i / kPack, thread_row, Tile::kRows / Tile::kThreadRows);
      if (row >= of.rows) continue;
      const Sum* pack = &sums[i][p * kPack];
      if (partials == nullptr) {
        Write(y, of, tile.batch, row, col, pack);
      } else {
        Sum* to = partials + ((tile.split * of.batches + tile.batch) * of.rows + row) * of.cols;
        for (int e = 0; e < kPack && col + e < of.cols; ++e) to[col + e] = pack[e];
      }
    }
  }
}
// #endregion product

/// y from the sums of its splits, added in their order.
template <typename Result>
__global__ void SumSplits(const SumOf<typename Result::Element>* partials, Result y, ProductSize of,
                          int64_t splits) {
  const int64_t count = of.batches * of.rows * of.cols;
  for (int64_t i = FirstInGrid(); i < count; i += GridStep()) {
    SumOf<typename Result::Element> sum = 0;
    for (int64_t split = 0; split < splits; ++split) sum += partials[split * count + i];
    const int64_t col = i % of.cols, row = i / of.cols % of.rows, batch = i / of.cols / of.rows;
    auto* to = y.At(batch, row, col);
    if (to != nullptr) *to = y.Finish(sum, batch, row, col);
  }
}

/// How a product is cut; sizes alone decide.
struct ProductPlan {
  int side;  // of a tile
  int64_t splits, split_terms;
};

// #region plan
/// So many splits, or fewer where a split would be empty; each is a multiple of `step`.
inline ProductPlan CutInto(int64_t splits, int side, int64_t terms, int64_t step) {
  const int64_t each = (terms + splits - 1) / splits;
  const int64_t split_terms = std::max<int64_t>((each + step - 1) / step, 1) * step;
  return {side, std::max<int64_t>((terms + split_terms - 1) / split_terms, 1), split_terms};
}

/// Splits of at least `least` terms, so that blocks times splits make two a multiprocessor.
inline ProductPlan Split(int side, int64_t blocks, int64_t terms, int64_t least, int64_t step) {
  constexpr int64_t kEnough = 2 * 132;
  const int64_t wanted = kEnough / std::max<int64_t>(blocks, 1);
  const int64_t most = std::max<int64_t>(terms / least, 1);
  return CutInto(std::clamp<int64_t>(wanted, 1, most), side, terms, step);
}

/// The largest tile, at most `side`, that is neither half empty nor leaves multiprocessors without
/// a tile or a split of one.
inline ProductPlan PlanTiles(const ProductSize& of, int side) {
  constexpr int64_t kLeastTerms = 128;
  auto tiles = [&] {
    return of.batches * ((of.rows + side - 1) / side) * ((of.cols + side - 1) / side);
  };
  const int64_t most_splits = std::max<int64_t>(of.terms / kLeastTerms, 1);
  while (side > 32 && (std::min(of.rows, of.cols) <= side / 2 || tiles() * most_splits < 132)) {
    side /= 2;
  }
  return Split(side, tiles(), of.terms, kLeastTerms, kTerms);
}
// #endregion plan

/// The side of the largest tile whose sums of T fit the registers; integers have one size of tile.
template <typename T>
inline constexpr int kLargestSide = std::is_same_v<T, float>
                                        ? 128
                                        : (std::is_floating_point_v<T> ? 64 : 32);

/// Bytes of the partial sums that a product writes.
template <typename T>
int64_t PartialBytes(const ProductPlan& plan, const ProductSize& of) {
  const int64_t elements = of.batches * of.rows * of.cols * int64_t{sizeof(SumOf<T>)};
  return plan.splits == 1 ? 0 : plan.splits * elements;
}

template <typename Tile, typename A, typename B, typename Result>
void LaunchTiles(const ProductPlan& plan, const ProductSize& of, const A& a, const B& b,
                 const Result& y, SumOf<typename Result::Element>* partials) {
  const int64_t blocks = (of.rows + Tile::kRows - 1) / Tile::kRows *
                         ((of.cols + Tile::kCols - 1) / Tile::kCols) * of.batches * plan.splits;
  Launch({dim3(static_cast<unsigned>(blocks)), dim3(Tile::kThreads)},
         ProductKernel<Tile, A, B, Result>, a, b, y, of, plan.split_terms, partials);
}

template <typename Result>
void FinishSplits(const ProductPlan& plan, const ProductSize& of, const Result& y,
                  const SumOf<typename Result::Element>* partials) {
  if (plan.splits == 1) return;
  Launch(GridFor(of.batches * of.rows * of.cols), SumSplits<Result>, partials, y, of, plan.splits);
}

/// y = a b, cut as planned; `workspace` has PartialBytes.
template <typename A, typename B, typename Result>
void MultiplyAs(const ProductPlan& plan, const ProductSize& of, const A& a, const B& b,
                const Result& y, void* workspace) {
  using T = typename Result::Element;
  if (of.batches * of.rows * of.cols == 0) return;
  auto* partials = plan.splits == 1 ? nullptr : static_cast<SumOf<T>*>(workspace);
  if constexpr (kLargestSide<T> >= 128) {
    if (plan.side == 128) LaunchTiles<LargeTile>(plan, of, a, b, y, partials);
  }
  if constexpr (kLargestSide<T> >= 64) {
    if (plan.side == 64) LaunchTiles<MediumTile>(plan, of, a, b, y, partials);
  }
  if (plan.side == 32) LaunchTiles<SmallTile>(plan, of, a, b, y, partials);
  FinishSplits(plan, of, y, partials);
}

}  // namespace prova::cuda

#pragma once

#include <numeric>

#include "cuda/hopper.h"
#include "ops/common/gemm_cuda.h"

namespace prova::cuda {

/// Products of matrices on Hopper's tensor cores: operands of 16 bits, or float32 rounded to tf32;
/// sums in float32. As in `gemm_cuda.h`, y[i, j] = sum_t a[i, t] b[j, t].

template <typename T>
inline constexpr CoreElement kCoreElementOf = std::is_same_v<T, bfloat16>  ? CoreElement::kBFloat16
                                              : std::is_same_v<T, float16> ? CoreElement::kFloat16
                                                                           : CoreElement::kTf32;

/// Calls `visitor(TypeTag<T>())` with bfloat16, float16 or float.
template <typename Visitor>
void VisitCoreFloats(DType dtype, Visitor&& visitor) {
  if (dtype == DType::kBFloat16) return visitor(TypeTag<bfloat16>());
  if (dtype == DType::kFloat16) return visitor(TypeTag<float16>());
  return visitor(TypeTag<float>());
}

// #region operand
/// An operand that bulk copies can bring. Its lines are terms of one place or, where it is turned,
/// places of one term.
struct CoreOperand {
  MatricesInMemory matrices;
  bool turned;
  Walk<1> batch;  // which of the matrices each product of a batch takes
};

/// Operand `k` of a batch: one of its steps is 1, all others are multiples of 16 bytes.
template <typename T>
CoreOperand CoreMatricesOf(const void* first, int64_t places, int64_t terms, int64_t place_step,
                           int64_t term_step, const JointGeometry& batch, int k) {
  constexpr int64_t kMultiple = 16 / sizeof(T);
  const bool turned = term_step != 1 || (places > 1 && place_step % kMultiple != 0);
  const int64_t length = turned ? places : terms, lines = turned ? terms : places;
  const int64_t whole_line = (length + kMultiple - 1) / kMultiple * kMultiple;
  const int64_t line_step = lines == 1 ? whole_line : (turned ? term_step : place_step);

  // The matrices of the batch lie at multiples of one step.
  JointGeometry one = batch.operands == 0 ? OneAxis(1, {1}) : batch;
  if (batch.operands != 0) one.strides[0] = batch.strides[k];
  int64_t step = 0, last = 0;
  for (int axis = 0; axis < one.shape.rank(); ++axis) {
    if (one.shape[axis] == 1) one.strides[0][axis] = 0;
    step = std::gcd(step, one.strides[0][axis]);
    last += (one.shape[axis] - 1) * one.strides[0][axis];
  }
  if (step == 0) step = whole_line;
  for (int axis = 0; axis < one.shape.rank(); ++axis) one.strides[0][axis] /= step;
  return {{.element = kCoreElementOf<T>,
           .first = first,
           .length = length,
           .lines = lines,
           .matrices = last / step + 1,
           .line_step = line_step,
           .matrix_step = step},
          turned,
          Walk<1>(one)};
}
// #endregion operand

// #region tile
/// What a block computes at a time: 64 rows for each of two warp groups, `cols` columns. A stage
/// holds a line's worth of terms of both operands; the ring of stages fills shared memory.
template <int cols, int stages>
struct CoreTile {
  static constexpr int kConsumers = 2, kRows = kConsumers * kCoreRows, kCols = cols;
  static constexpr int kThreads = (1 + kConsumers) * kGroupThreads;
  static constexpr int kStages = stages, kBytesOfA = kRows * kLineBytes;
  static constexpr int kStageBytes = kBytesOfA + cols * kLineBytes;
  static constexpr int kSharedBytes = kPatternBytes + stages * kStageBytes;
};
using WideCoreTile = CoreTile<256, 4>;
using NarrowCoreTile = CoreTile<128, 6>;

/// The ring as one of its users goes round: where it is, and the parity of the round.
template <typename Tile>
struct Ring {
  __device__ __forceinline__ uint32_t Stage() const { return begin + stage * Tile::kStageBytes; }
  __device__ __forceinline__ void Advance() {
    if (++stage < Tile::kStages) return;
    stage = 0;
    parity ^= 1;
  }
  PhaseBarrier* full;   // [stages]: its bytes have come
  PhaseBarrier* empty;  // [stages]: its products have finished
  uint32_t begin;
  int stage = 0, parity = 0;
};

/// Lines of a turned operand are cut into blocks of 64 places, one after another.
inline constexpr int kBlockOfPlaces = 64, kBlockBytes = kBlockOfPlaces * kLineBytes;

/// Asks for a stage's part of an operand.
template <int places, bool turned>
__device__ __forceinline__ void FetchTile(uint32_t to, const TensorMap& map, int place, int term,
                                          int matrix, PhaseBarrier& full) {
  if constexpr (turned) {
    for (int first = 0; first < places; first += kBlockOfPlaces) {
      CopyToTile(to + first * kLineBytes, map, place + first, term, matrix, full);
    }
  } else {
    CopyToTile(to, map, term, place, matrix, full);
  }
}
// #endregion tile

/// From the terms of one product to those of the next.
template <CoreElement element, bool turned>
inline constexpr int kBytesOfTerms = turned ? CoreTerms(element) * kLineBytes : 32;

/// The tiles that blocks compute; divisions of 32 bits are several times cheaper.
template <typename Tile>
struct CoreTiles {
  __device__ __forceinline__ explicit CoreTiles(const ProductSize& of)
      : rows(static_cast<unsigned>((of.rows + Tile::kRows - 1) / Tile::kRows)),
        cols(static_cast<unsigned>((of.cols + Tile::kCols - 1) / Tile::kCols)),
        batches(static_cast<unsigned>(of.batches)) {}
  __device__ __forceinline__ unsigned count() const { return rows * cols * batches; }
  __device__ __forceinline__ TileIndex At(unsigned tile) const {
    return TileOf(tile, rows, cols, batches);
  }
  unsigned rows, cols, batches;
};

// #region store
/// A warp group's sums to y: a thread's are neighbours by twos.
template <int cols, typename Result>
__device__ __forceinline__ void StoreSums(const Sums<cols>& sums, const Result& y,
                                          const ProductSize& of, int64_t batch, int64_t first_row,
                                          int64_t first_col) {
  using T = typename Result::Element;
  const int64_t col = first_col + ColOfSum(0);
  PROVA_UNROLL
  for (int half = 0; half < 2; ++half) {
    const int64_t row = first_row + RowOfSum(2 * half);
    if (row >= of.rows || col >= of.cols) continue;
    T* to = y.At(batch, row, col);
    const int rest = static_cast<int>(of.cols - col);
    PROVA_UNROLL
    for (int i = 0; i < Sums<cols>::kCount / 4; ++i) {
      if (8 * i >= rest) continue;
      const T left = y.Finish(sums[4 * i + 2 * half], batch, row, col + 8 * i);
      if (8 * i + 1 == rest) {
        to[8 * i] = left;
        continue;
      }
      const T right = y.Finish(sums[4 * i + 2 * half + 1], batch, row, col + 8 * i + 1);
      if (y.packed) {
        PackAt<2>(to + 8 * i) = {left, right};
      } else {
        to[8 * i] = left;
        to[8 * i + 1] = right;
      }
    }
  }
}
// #endregion store

// #region fill
/// One thread keeps the ring full, tile after tile.
template <typename Tile, CoreElement element, bool a_turned, bool b_turned>
__device__ __forceinline__ void FillRing(Ring<Tile> ring, const TensorMap& a_map,
                                         const TensorMap& b_map, const Walk<1>& a_batch,
                                         const Walk<1>& b_batch, const ProductSize& of) {
  const CoreTiles<Tile> tiles(of);
  for (unsigned tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
    const TileIndex index = tiles.At(tile);
    const int row = static_cast<int>(index.row) * Tile::kRows;
    const int col = static_cast<int>(index.col) * Tile::kCols;
    int64_t a_matrix[1], b_matrix[1];
    a_batch.At(index.batch, a_matrix);
    b_batch.At(index.batch, b_matrix);
    const int terms = static_cast<int>(of.terms);
    for (int term = 0; term < terms; term += LineOf(element), ring.Advance()) {
      PhaseBarrier& full = ring.full[ring.stage];
      // The phase before the first counts as ended: the ring is empty at first.
      ring.empty[ring.stage].Wait(ring.parity ^ 1);
      full.ArriveExpecting(Tile::kStageBytes);
      FetchTile<Tile::kRows, a_turned>(ring.Stage(), a_map, row, term,
                                       static_cast<int>(a_matrix[0]), full);
      FetchTile<Tile::kCols, b_turned>(ring.Stage() + Tile::kBytesOfA, b_map, col, term,
                                       static_cast<int>(b_matrix[0]), full);
    }
  }
}
// #endregion fill

// #region multiply
/// A warp group multiplies its rows of each stage, and stores the sums of each tile while the ring
/// fills again.
template <typename Tile, CoreElement element, bool a_turned, bool b_turned, typename Result>
__device__ __forceinline__ void MultiplyRing(Ring<Tile> ring, int consumer, const Result& y,
                                             const ProductSize& of) {
  constexpr int kTerms = LineOf(element);
  const int first_row = consumer * kCoreRows;
  const bool is_first_lane = threadIdx.x % 32 == 0;
  const CoreTiles<Tile> tiles(of);
  Sums<Tile::kCols> sums;
  for (unsigned tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
    int before = 0;
    const int terms = static_cast<int>(of.terms);
    for (int term = 0; term < terms; term += kTerms, ring.Advance()) {
      const uint64_t a =
          DescribeTile(ring.Stage() + first_row * kLineBytes, kPatternBytes, kBlockBytes);
      const uint64_t b = DescribeTile(ring.Stage() + Tile::kBytesOfA, kPatternBytes, kBlockBytes);
      ring.full[ring.stage].Wait(ring.parity);
      FenceSums(sums);
      for (int part = 0; part < kTerms / CoreTerms(element); ++part) {
        MultiplyTiles<element, a_turned, b_turned>(
            sums, Onward(a, part * kBytesOfTerms<element, a_turned>),
            Onward(b, part * kBytesOfTerms<element, b_turned>), term > 0 || part > 0);
      }
      CommitProducts();
      // While these run, those of the step before are over: its stage may be filled again.
      WaitForProducts<1>(sums);
      if (term > 0 && is_first_lane) ring.empty[before].Arrive();
      before = ring.stage;
    }
    WaitForProducts<0>(sums);
    if (is_first_lane) ring.empty[before].Arrive();
    const TileIndex index = tiles.At(tile);
    StoreSums(sums, y, of, index.batch, index.row * Tile::kRows + first_row,
              index.col * Tile::kCols);
  }
}
// #endregion multiply

// #region product
/// Blocks stay and compute tile after tile: the first of three warp groups has one thread that asks
/// for what the two others multiply.
template <typename Tile, CoreElement element, bool a_turned, bool b_turned, typename Result>
__global__ void __launch_bounds__(Tile::kThreads, 1)
    CoreProductKernel(const __grid_constant__ TensorMap a_map,
                      const __grid_constant__ TensorMap b_map, Walk<1> a_batch, Walk<1> b_batch,
                      Result y, ProductSize of) {
  if constexpr (kForHopper) {
    __shared__ PhaseBarrier full[Tile::kStages], empty[Tile::kStages];
    if (threadIdx.x == 0) {
      Prefetch(a_map);
      Prefetch(b_map);
      for (int stage = 0; stage < Tile::kStages; ++stage) {
        full[stage].Init(1);
        empty[stage].Init(Tile::kConsumers * kGroupThreads / 32);
      }
      PublishBarriers();
    }
    __syncthreads();
    const Ring<Tile> ring = {full, empty, FirstTile()};
    const int group = static_cast<int>(threadIdx.x) / kGroupThreads;
    if (group == 0) {
      GiveRegisters<40>();
      if (threadIdx.x > 0) return;
      FillRing<Tile, element, a_turned, b_turned>(ring, a_map, b_map, a_batch, b_batch, of);
    } else {
      TakeRegisters<232>();
      MultiplyRing<Tile, element, a_turned, b_turned>(ring, group - 1, y, of);
    }
  }
}
// #endregion product

/// How a product is spread: which tile, over so many blocks.
struct CorePlan {
  bool is_wide;
  int64_t blocks;
};

// #region plan
/// The tile with which blocks are done first: a wide one takes them as long as two narrow ones, and
/// reads less.
inline CorePlan PlanCores(const ProductSize& of) {
  constexpr int64_t kMultiprocessors = 132;
  static_assert(WideCoreTile::kCols == 2 * NarrowCoreTile::kCols);
  auto tiles = [&](int64_t cols) {
    return of.batches * ((of.rows + WideCoreTile::kRows - 1) / WideCoreTile::kRows) *
           ((of.cols + cols - 1) / cols);
  };
  const int64_t wide = tiles(WideCoreTile::kCols), narrow = tiles(NarrowCoreTile::kCols);
  auto rounds = [](int64_t count) { return (count + kMultiprocessors - 1) / kMultiprocessors; };
  const bool is_wide = 2 * rounds(wide) <= rounds(narrow);
  return {is_wide, std::min(is_wide ? wide : narrow, kMultiprocessors)};
}
// #endregion plan

template <typename Tile, CoreElement element, bool a_turned, bool b_turned, typename Result>
void LaunchCoreTiles(const ProductSize& of, int64_t blocks, CoreOperand a, CoreOperand b,
                     const Result& y) {
  a.matrices.lines_at_once = a_turned ? LineOf(element) : Tile::kRows;
  b.matrices.lines_at_once = b_turned ? LineOf(element) : Tile::kCols;
  Launch({dim3(static_cast<unsigned>(blocks)), dim3(Tile::kThreads), Tile::kSharedBytes},
         CoreProductKernel<Tile, element, a_turned, b_turned, Result>, MapOf(a.matrices),
         MapOf(b.matrices), a.batch, b.batch, y, of);
}

/// y = a b, which is not empty and has terms.
template <CoreElement element, typename Result>
void MultiplyOnCores(const CorePlan& plan, const ProductSize& of, const CoreOperand& a,
                     const CoreOperand& b, const Result& y) {
  auto launch = [&](auto a_turned, auto b_turned) {
    if (plan.is_wide) {
      LaunchCoreTiles<WideCoreTile, element, a_turned, b_turned>(of, plan.blocks, a, b, y);
    } else {
      LaunchCoreTiles<NarrowCoreTile, element, a_turned, b_turned>(of, plan.blocks, a, b, y);
    }
  };
  constexpr std::true_type kTurned;
  constexpr std::false_type kAsIs;
  if constexpr (element == CoreElement::kTf32) {
    launch(kAsIs, kAsIs);
  } else {
    if (a.turned && b.turned) launch(kTurned, kTurned);
    if (a.turned && !b.turned) launch(kTurned, kAsIs);
    if (!a.turned && b.turned) launch(kAsIs, kTurned);
    if (!a.turned && !b.turned) launch(kAsIs, kAsIs);
  }
}

}  // namespace prova::cuda

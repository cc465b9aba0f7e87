#include "tensor/copy_kernels.h"
#include "tensor/geometry_cuda.h"
#include "tensor/half_cuda.h"

namespace prova::cuda {
namespace {

template <typename T>
__global__ void FillKernel(T item, T* to, int64_t count) {
  for (int64_t i = FirstInGrid(); i < count; i += GridStep()) to[i] = item;
}

template <typename T>
__global__ void CopyRun(const T* from, T* to, int64_t count) {
  for (int64_t i = FirstInGrid(); i < count; i += GridStep()) to[i] = from[i];
}

/// `ConvertElement`, by a GPU's instructions for 16 bits.
template <typename To, typename From>
__device__ __forceinline__ To Converted(From value) {
  if constexpr (kIsHalf<To> && std::is_same_v<Wide<From>, float>) {
    return Narrow<To>(Widen(value));
  } else {
    return ConvertElement<To>(Widen(value));
  }
}

template <typename To, typename From>
__global__ void CopyStrided(const From* from, To* to, int64_t count, Walk<2> walk) {
  for (int64_t i = FirstInGrid(); i < count; i += GridStep()) {
    int64_t at[2];
    walk.At(i, at);
    to[at[1]] = Converted<To>(from[at[0]]);
  }
}

// #region convert
/// Elements that a thread converts at a time: of the wider type they fill 16 bytes.
template <typename To, typename From>
inline constexpr int kConverted = 16 / std::max(sizeof(To), sizeof(From));

template <typename To, typename From>
__global__ void ConvertPacks(const From* from, To* to, int64_t packs) {
  constexpr int n = kConverted<To, From>;
  for (int64_t i = FirstInGrid(); i < packs; i += GridStep()) {
    const Pack<From, n> in = PackAt<n>(from + i * n);
    Pack<To, n> out;
    for (int k = 0; k < n; ++k) out[k] = Converted<To>(in[k]);
    PackAt<n>(to + i * n) = out;
  }
}
// #endregion convert

// #region transpose
constexpr int kTile = 32, kTileRows = 8;

/// Matrices whose columns are neighbours in `from` and whose rows are in `to`: both sides touch
/// whole lines of memory, and what lies between them turns in shared memory.
struct Transposition {
  int64_t batches, rows, cols;   // of `to`: rows * cols elements a batch
  int64_t from_batch, from_col;  // steps in `from`; a row is one
  int64_t to_batch, to_row;      // steps in `to`; a column is one
};

template <typename T>
__global__ void TransposeKernel(const T* from, T* to, Transposition of) {
  // A column more than the tile has: neighbours of a column lie in different banks.
  __shared__ SharedArray<T, kTile, kTile + 1> memory;
  const auto tile = memory.view();
  const int64_t row_tiles = (of.rows + kTile - 1) / kTile,
                col_tiles = (of.cols + kTile - 1) / kTile;
  const int64_t tiles = of.batches * row_tiles * col_tiles;
  for (int64_t t = blockIdx.x; t < tiles; t += gridDim.x) {
    const int64_t first_col = t % col_tiles * kTile, first_row = t / col_tiles % row_tiles * kTile;
    const int64_t batch = t / col_tiles / row_tiles;
    const int lane = static_cast<int>(threadIdx.x);
    for (int k = static_cast<int>(threadIdx.y); k < kTile; k += kTileRows) {
      const int64_t row = first_row + lane, col = first_col + k;
      if (row < of.rows && col < of.cols) {
        tile(k, lane) = from[batch * of.from_batch + col * of.from_col + row];
      }
    }
    __syncthreads();
    for (int k = static_cast<int>(threadIdx.y); k < kTile; k += kTileRows) {
      const int64_t row = first_row + k, col = first_col + lane;
      if (row < of.rows && col < of.cols) {
        to[batch * of.to_batch + row * of.to_row + col] = tile(lane, k);
      }
    }
    __syncthreads();
  }
}
// #endregion transpose

/// Whether a geometry of from and to is matrices with exchanged axes, one after another.
bool IsTransposition(const JointGeometry& geometry, Transposition& of) {
  const Strides &from = geometry.strides[0], &to = geometry.strides[1];
  const int rank = geometry.shape.rank();
  if (rank < 2 || rank > 3 || to[rank - 1] != 1 || from[rank - 2] != 1) return false;
  of = {.batches = rank == 3 ? geometry.shape[0] : 1,
        .rows = geometry.shape[rank - 2],
        .cols = geometry.shape[rank - 1],
        .from_batch = rank == 3 ? from[0] : 0,
        .from_col = from[rank - 1],
        .to_batch = rank == 3 ? to[0] : 0,
        .to_row = to[rank - 2]};
  return true;
}

/// Whether both operands are neighbours from the first element to the last.
bool IsRun(const JointGeometry& geometry) {
  return geometry.shape.rank() == 1 && geometry.strides[0][0] == 1 && geometry.strides[1][0] == 1;
}

template <typename T>
void CopyTyped(const CopyArgs& args) {
  const T* from = static_cast<const T*>(args.from);
  T* to = static_cast<T*>(args.to);
  const JointGeometry& geometry = args.geometry;
  const bool is_run = IsRun(geometry);
  const auto together = reinterpret_cast<uintptr_t>(from) | reinterpret_cast<uintptr_t>(to);
  constexpr int kTogether = 16 / sizeof(T);
  Transposition transposition;
  if (is_run && together % 16 == 0 && args.count % kTogether == 0) {
    using Packed = Pack<T, kTogether>;
    const int64_t packs = args.count / kTogether;
    Launch(GridFor(packs), CopyRun<Packed>, reinterpret_cast<const Packed*>(from),
           reinterpret_cast<Packed*>(to), packs);
  } else if (is_run) {
    Launch(GridFor(args.count), CopyRun<T>, from, to, args.count);
  } else if (IsTransposition(geometry, transposition)) {
    const int64_t tiles = transposition.batches * ((transposition.rows + kTile - 1) / kTile) *
                          ((transposition.cols + kTile - 1) / kTile);
    Launch({dim3(static_cast<unsigned>(std::min(tiles, kMostBlocks))), dim3(kTile, kTileRows)},
           TransposeKernel<T>, from, to, transposition);
  } else {
    Launch(GridFor(args.count), CopyStrided<T, T>, from, to, args.count, Walk<2>(geometry));
  }
}

// #region accumulate
/// partials[piece, place] = the sum of the terms of one piece, a thread a place.
template <typename T>
__global__ void SumTerms(const T* from, Walk<2> places, int64_t place_count, Walk<1> terms,
                         int64_t term_count, int64_t pieces, double* partials) {
  for (int64_t i = FirstInGrid(); i < place_count * pieces; i += GridStep()) {
    const int64_t place = i % place_count, piece = i / place_count;
    int64_t at[2], term[1];
    places.At(place, at);
    double sum = 0;
    for (int64_t k = piece; k < term_count; k += pieces) {
      terms.At(k, term);
      sum += static_cast<double>(Widen(from[at[1] + term[0]]));
    }
    partials[i] = sum;
  }
}

/// to[place] += the sum of its pieces, in their order.
template <typename T>
__global__ void AddPieces(const double* partials, int64_t pieces, T* to, Walk<2> places,
                          int64_t place_count) {
  for (int64_t place = FirstInGrid(); place < place_count; place += GridStep()) {
    int64_t at[2];
    places.At(place, at);
    double sum = 0;
    for (int64_t piece = 0; piece < pieces; ++piece) sum += partials[piece * place_count + place];
    to[at[0]] = ConvertElement<T>(ConvertElement<double>(to[at[0]]) + sum);
  }
}
// #endregion accumulate

}  // namespace

void Fill(const FillArgs& args) {
  if (args.count == 0) return;
  VisitBits(args.item_size, [&](auto tag) {
    using T = typename decltype(tag)::type;
    Launch(GridFor(args.count), FillKernel<T>, static_cast<T>(args.item), static_cast<T*>(args.to),
           args.count);
  });
}

void CopyElements(const CopyArgs& args) {
  VisitBits(args.item_size, [&](auto tag) { CopyTyped<typename decltype(tag)::type>(args); });
}

void Convert(const ConvertStridedArgs& args) {
  VisitDType(args.from_dtype, [&](auto from_tag) {
    using From = typename decltype(from_tag)::type;
    VisitDType(args.to_dtype, [&](auto to_tag) {
      using To = typename decltype(to_tag)::type;
      const From* from = static_cast<const From*>(args.from);
      To* to = static_cast<To*>(args.to);
      if constexpr (IsFloating(kDTypeOf<From>) && IsFloating(kDTypeOf<To>)) {
        constexpr int n = kConverted<To, From>;
        const bool aligned =
            (reinterpret_cast<uintptr_t>(from) | reinterpret_cast<uintptr_t>(to)) % 16 == 0;
        if (IsRun(args.geometry) && aligned && args.count % n == 0) {
          return Launch(GridFor(args.count / n), ConvertPacks<To, From>, from, to, args.count / n);
        }
      }
      Launch(GridFor(args.count), CopyStrided<To, From>, from, to, args.count,
             Walk<2>(args.geometry));
    });
  });
}

void AccumulateInto(const AccumulateIntoArgs& args) {
  VisitDType(args.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (IsFloating(kDTypeOf<T>)) {
      const Walk<2> places(args.places);
      Launch(GridFor(args.place_count * args.pieces), SumTerms<T>, static_cast<const T*>(args.from),
             places, args.place_count, Walk<1>(args.terms), args.term_count, args.pieces,
             args.partials);
      Launch(GridFor(args.place_count), AddPieces<T>, args.partials, args.pieces,
             static_cast<T*>(args.to), places, args.place_count);
    }
  });
}

}  // namespace prova::cuda

#pragma once

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "cuda/reduce.h"
#include "ops/common/packs_cuda.h"
#include "ops/common/reduce.h"

namespace prova::cuda {

/// Kernels that reduce one axis of [outer, axis, inner]: along memory, where neighbouring threads
/// share a run of neighbours, and across it, where each has columns of its own.

// #region reductions
/// What a thread adds up: floats in float64, which is fast enough here to hide behind memory;
/// float64 with what each addition rounds off; integers modulo 2^64.
template <typename T>
class Summing {
 public:
  using Total = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
  static constexpr Total kIdentity = 0;

  __device__ __forceinline__ void Take(T x) {
    const Total before = total_, term = static_cast<Total>(x);
    total_ = before + term;
    if constexpr (std::is_same_v<T, double>) {
      const double added = total_ - before;
      rounded_off_ += (before - (total_ - added)) + (term - added);
    }
  }
  __device__ __forceinline__ Total Value() const {
    if constexpr (std::is_same_v<T, double>) {
      // Beyond all numbers nothing is rounded off, and the difference of two infinities is NaN.
      const double exact = total_ + rounded_off_;
      return total_ - total_ == 0 ? exact : total_;
    }
    return total_;
  }
  static __device__ __forceinline__ Total Combine(Total a, Total b) { return a + b; }

 private:
  Total total_ = 0;
  double rounded_off_ = 0;
};

/// The largest; a NaN once met stays.
template <typename T>
class Largest {
 public:
  using Total = T;
  static constexpr T kIdentity = std::numeric_limits<T>::has_infinity
                                     ? -std::numeric_limits<T>::infinity()
                                     : std::numeric_limits<T>::lowest();

  __device__ __forceinline__ void Take(T x) { peak_ = Combine(peak_, x); }
  __device__ __forceinline__ T Value() const { return peak_; }
  static __device__ __forceinline__ T Combine(T a, T b) { return b > a || b != b ? b : a; }

 private:
  T peak_ = kIdentity;
};
// #endregion reductions

/// What becomes of a total: a T.
template <typename T>
struct Same {
  template <typename Total>
  __device__ __forceinline__ T operator()(Total total) const {
    return Narrow<T>(static_cast<Wide<T>>(total));
  }
};
template <typename T>
struct DividedBy {
  double n;
  __device__ __forceinline__ T operator()(double total) const { return Same<T>()(total / n); }
};

/// The pieces of all axes of [outer, axis, inner], in memory's order.
struct Pieces {
  int64_t count;  // outer * per_axis
  int64_t axis;
  int64_t piece;  // elements of an axis, the last piece of it may have fewer
  int64_t per_axis;

  /// The first element of piece i in [outer * axis], and how many it has.
  __device__ __forceinline__ int64_t First(int64_t i) const {
    return i / per_axis * axis + i % per_axis * piece;
  }
  __device__ __forceinline__ int64_t Size(int64_t i) const {
    const int64_t rest = axis - i % per_axis * piece;
    return i >= count ? 0 : rest < piece ? rest : piece;
  }
};

// #region along
/// y[i] = the reduction of piece i, which `threads` neighbours share; `packed`: all pieces start at
/// multiples of a pack.
template <int threads, typename Reduction, typename From, typename To, typename Finish>
__global__ void ReduceAlong(const From* x, To* y, Pieces of, bool packed, bool aligned,
                            Finish finish) {
  constexpr int n = kTogether<From>;
  const int64_t i = FirstInGrid() / threads, size = of.Size(i);
  const int thread = static_cast<int>(threadIdx.x) % threads;
  const From* run = x + of.First(i);
  const int64_t packs = packed ? size / n : 0;
  Reduction part;
  for (int64_t k = thread; k < packs; k += threads) {
    const auto pack = LoadPack<n>(run + k * n, aligned);
    for (int j = 0; j < n; ++j) part.Take(Widen(pack[j]));
  }
  for (int64_t k = packs * n + thread; k < size; k += threads) part.Take(Widen(run[k]));
  const auto total = ReduceThreads<threads>(part.Value(), Reduction::kIdentity, Reduction::Combine);
  if (thread == 0 && i < of.count) y[i] = finish(total);
}
// #endregion along

/// Rows of `inner` neighbours that follow each other.
template <typename T>
struct RowsOfPieces {
  const T* x;
  Pieces pieces;
  int64_t inner;

  __device__ __forceinline__ int64_t Size(int64_t i) const { return pieces.Size(i); }
  __device__ __forceinline__ auto Of(int64_t i) const {
    return [first = x + pieces.First(i) * inner, inner = inner](int64_t k) {
      return first + k * inner;
    };
  }
};

// #region across
/// y[i, column] = the reduction of the rows of set i: `together` columns a thread, neighbouring
/// threads along memory, and blockDim.y of them down a column.
template <int together, typename Reduction, typename From, typename To, typename Rows,
          typename Finish>
__global__ void ReduceAcross(Rows from, int64_t sets, int64_t inner, To* y, bool aligned,
                             Finish finish) {
  using Total = typename Reduction::Total;
  __shared__ SharedArray<Total, together, kBlockThreads> memory;
  const auto totals = memory.view();
  const int lanes = static_cast<int>(blockDim.x), stories = static_cast<int>(blockDim.y);
  const int story = static_cast<int>(threadIdx.y);
  const int64_t tiles = (inner + lanes * together - 1) / (lanes * together);
  const int64_t column = (blockIdx.x % tiles * lanes + threadIdx.x) * together;
  const int64_t i = blockIdx.x / tiles * blockDim.z + threadIdx.z;
  const bool is_inside = i < sets && column < inner;

  // Take this thread's rows.
  Reduction part[together];
  if (is_inside) {
    const auto row = from.Of(i);
    const int64_t size = from.Size(i);
    for (int64_t k = story; k < size; k += stories) {
      const auto pack = LoadPack<together>(row(k) + column, aligned);
      for (int j = 0; j < together; ++j) part[j].Take(Widen(pack[j]));
    }
  }

  // Combine the threads of a column, halves of them at a time.
  const int place =
      (static_cast<int>(threadIdx.z) * stories + story) * lanes + static_cast<int>(threadIdx.x);
  for (int j = 0; j < together; ++j) totals(j, place) = part[j].Value();
  for (int step = stories / 2; step > 0; step /= 2) {
    __syncthreads();
    for (int j = 0; story < step && j < together; ++j) {
      const Total mine = totals(j, place), other = totals(j, place + step * lanes);
      totals(j, place) = Reduction::Combine(mine, other);
    }
  }
  if (story > 0 || !is_inside) return;
  StorePacks<together>(y + i * inner + column, aligned,
                       [&](int j) { return finish(static_cast<Total>(totals(j, place))); });
}
// #endregion across

/// Launches ReduceAcross for `sets` sets of about `rows` rows of From; `aligned`: all operands are.
template <typename Reduction, typename From, typename To, typename Rows, typename Finish>
void LaunchAcross(const Rows& from, int64_t sets, int64_t rows, int64_t inner, bool aligned, To* y,
                  Finish finish) {
  const int together = inner % kTogether<From> == 0 ? kTogether<From> : 1;
  const auto power = [](int64_t n) { return static_cast<int64_t>(std::bit_ceil(uint64_t(n))); };
  const auto over = [](int64_t n, int64_t each) { return (n + each - 1) / each; };
  // Whole lines of memory, and more of them at a time where there are few columns.
  const bool is_wide = sets * over(inner, 32 * together) > 2 * 132;
  const int64_t lanes = std::min<int64_t>(is_wide ? 32 : 8, power(over(inner, together)));
  // Four rows or more a thread, where there are so many.
  const int64_t stories = std::clamp<int64_t>(power(rows / 4 + 1) / 2, 1, kBlockThreads / lanes);
  const int64_t deep = std::min<int64_t>({kBlockThreads / (lanes * stories), sets, 64});
  const int64_t blocks = over(sets, deep) * over(inner, lanes * together);
  const LaunchShape shape = {dim3(static_cast<unsigned>(blocks)),
                             dim3(static_cast<unsigned>(lanes), static_cast<unsigned>(stories),
                                  static_cast<unsigned>(deep))};
  if (together > 1) {
    Launch(shape, ReduceAcross<kTogether<From>, Reduction, From, To, Rows, Finish>, from, sets,
           inner, y, aligned, finish);
  } else {
    Launch(shape, ReduceAcross<1, Reduction, From, To, Rows, Finish>, from, sets, inner, y, true,
           finish);
  }
}

/// Reduces every piece of [outer, axis, inner] to one row of `inner` in y.
template <typename Reduction, typename From, typename To, typename Finish>
void ReducePieces(const From* x, To* y, const Pieces& of, int64_t inner, Finish finish) {
  constexpr int n = kTogether<From>;
  if (inner > 1) {
    const RowsOfPieces<From> from = {x, of, inner};
    return LaunchAcross<Reduction, From>(from, of.count, of.piece, inner, AreAligned(x, y), y,
                                         finish);
  }
  const bool packed =
      (of.piece % n == 0 || of.per_axis == 1) && (of.axis % n == 0 || of.count == of.per_axis);
  const auto launch = [&]<int threads>(std::integral_constant<int, threads>) {
    const int64_t all = (of.count * threads + 31) / 32 * 32;
    const int64_t block = std::min<int64_t>(all, kBlockThreads);
    Launch({dim3(static_cast<unsigned>((all + block - 1) / block)),
            dim3(static_cast<unsigned>(block))},
           ReduceAlong<threads, Reduction, From, To, Finish>, x, y, of, packed, AreAligned(x),
           finish);
  };
  // Four packs or more a thread, and no more threads than that.
  if (of.piece <= 32 * n) return launch(std::integral_constant<int, 8>());
  if (of.piece <= 512 * n) return launch(std::integral_constant<int, 32>());
  launch(std::integral_constant<int, kBlockThreads>());
}

// #region stages
/// y = finish(the reduction of x's axis), in two stages where the axis is cut into pieces; what
/// these give is not rounded to 16 bits.
template <typename Reduction, typename T, typename Finish>
void ReduceAxis(const ReduceArgs& args, Finish finish) {
  if (args.outer * args.inner == 0) return;
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  Wide<T>* partials = static_cast<Wide<T>*>(args.partials);
  const int64_t pieces = (args.axis + args.piece - 1) / args.piece;
  const Pieces whole = {args.outer, args.axis, args.piece, 1};
  if (pieces <= 1) return ReducePieces<Reduction>(x, y, whole, args.inner, finish);
  const Pieces first = {args.outer * pieces, args.axis, args.piece, pieces};
  const Pieces second = {args.outer, pieces, pieces, 1};
  ReducePieces<Reduction>(x, partials, first, args.inner, Same<Wide<T>>());
  ReducePieces<Reduction>(static_cast<const Wide<T>*>(partials), y, second, args.inner, finish);
}
// #endregion stages

}  // namespace prova::cuda

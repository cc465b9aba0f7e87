#pragma once

#include <cmath>
#include <limits>
#include <utility>

#include "cuda/reduce.h"
#include "ops/common/packs_cuda.h"
#include "ops/common/rows.h"

namespace prova::cuda {

/// Kernels that treat each row of a matrix alone. A row is held by neighbouring threads, in
/// registers where it fits, so that it is read once; a formula is written once for both kinds.
/// Matrices have elements of T, formulas compute in Wide<T>.

struct Matrix {
  int64_t rows;
  int64_t cols;
  bool packed;   ///< whether a row is a number of packs of 16 bytes
  bool aligned;  ///< whether all of them start where such packs may be moved
};

/// The shape of matrices [rows, cols] of T that start at `pointers` (null: there is none).
template <typename T, typename... Pointers>
Matrix MatrixOf(int64_t rows, int64_t cols, const Pointers*... pointers) {
  return {rows, cols, cols % kTogether<T> == 0, AreAligned(pointers...)};
}

/// Calls step(0), ..., step(n - 1), all written out: what is held in registers has no address.
template <int n, typename Step>
__device__ __forceinline__ void Unrolled(Step step) {
  [&]<int... k>(std::integer_sequence<int, k...>) { (step(k), ...); }
  (std::make_integer_sequence<int, n>());
}

struct Add {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Larger {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

/// A row of x measured from its peak: element k is exp(x[k] - peak).
template <typename V, typename Elements>
struct ExpsOfRow {
  V peak;
  V sum;
  Elements exps;
  template <typename Place>
  __device__ __forceinline__ V operator[](const Place& k) const {
    return exps[k];
  }
};

// #region held
/// This thread's part of a row that `threads` neighbours hold in registers, `packs` packs each.
/// Threads of a row behind the last one have no elements, but take part in what all do.
template <typename T, int threads, int packs>
class HeldRow {
  using V = Wide<T>;

 public:
  static constexpr int kThreads = threads;
  static constexpr int kBlock = kBlockThreads;
  static constexpr int kEach = packs * kTogether<T>;
  static constexpr int64_t kMostCols = threads * kEach;

  struct Elements {
    __device__ __forceinline__ V& operator[](int64_t k) { return values[k]; }
    __device__ __forceinline__ V operator[](int64_t k) const { return values[k]; }
    V values[kEach] = {};
  };

  __device__ HeldRow(const Matrix& matrix, int64_t row)
      : number_(row),
        first_(row * matrix.cols),
        cols_(row < matrix.rows ? static_cast<int>(matrix.cols) : 0),
        thread_(static_cast<int>(threadIdx.x) % threads),
        packed_(matrix.packed),
        aligned_(matrix.aligned),
        is_first_(thread_ == 0 && row < matrix.rows) {}

  __device__ __forceinline__ int64_t Number() const { return number_; }
  /// Of the threads that hold a row, one says yes.
  __device__ __forceinline__ bool IsFirst() const { return is_first_; }

  /// The column of element k of this thread, and of any thread of the row.
  __device__ __forceinline__ int Column(int k) const { return ColumnOf(thread_, k); }
  __device__ __forceinline__ int ColumnOf(int thread, int k) const {
    constexpr int n = kTogether<T>;
    return packed_ ? (k / n * threads + thread) * n + k % n : k * threads + thread;
  }

  __device__ __forceinline__ Elements Load(const T* matrix) const {
    return LoadColumns(matrix + first_, V(0));
  }
  /// The elements of a vector that all rows share; `otherwise` where there is none.
  __device__ __forceinline__ Elements LoadColumns(const T* row, V otherwise) const {
    Elements x;
    if (row == nullptr) {
      Unrolled<kEach>([&](int k) { x[k] = otherwise; });
    } else if (packed_) {
      ForEachPack([&](int k, int column) {
        const auto pack = LoadPack<kTogether<T>>(row + column, aligned_);
        Unrolled<kTogether<T>>([&](int i) { x[k + i] = Widen(pack[i]); });
      });
    } else {
      ForEach([&](int k) { x[k] = Widen(row[Column(k)]); });
    }
    return x;
  }

  /// Stores y(k) as element k.
  template <typename Result>
  __device__ __forceinline__ void Store(T* matrix, Result y) const {
    T* row = matrix + first_;
    if (packed_) {
      ForEachPack([&](int k, int column) {
        Pack<T, kTogether<T>> pack;
        Unrolled<kTogether<T>>([&](int i) { pack[i] = Narrow<T>(y(k + i)); });
        StorePack(pack, row + column, aligned_);
      });
    } else {
      ForEach([&](int k) { row[Column(k)] = Narrow<T>(y(k)); });
    }
  }

  /// Over the row, in all of its threads: the sum of term(k), the largest x[k].
  template <typename Term>
  __device__ __forceinline__ V Sum(Term term) const {
    V sum = 0;
    ForEach([&](int k) { sum += term(k); });
    return ReduceThreads<threads>(sum, V(0), Add());
  }
  __device__ __forceinline__ V Max(const Elements& x) const {
    V peak = -std::numeric_limits<V>::infinity();
    ForEach([&](int k) { peak = Larger()(peak, x[k]); });
    return ReduceThreads<threads>(peak, -std::numeric_limits<V>::infinity(), Larger());
  }

  __device__ __forceinline__ ExpsOfRow<V, Elements> Exps(const Elements& x) const {
    ExpsOfRow<V, Elements> of = {.peak = Max(x)};
    of.sum = Sum([&](int k) { return of.exps[k] = std::exp(x[k] - of.peak); });
    return of;
  }

  template <typename Step>
  __device__ __forceinline__ void ForEach(Step step) const {
    Unrolled<kEach>([&](int k) {
      if (Column(k) < cols_) step(k);
    });
  }

 private:
  template <typename Step>
  __device__ __forceinline__ void ForEachPack(Step step) const {
    Unrolled<packs>([&](int p) {
      const int k = p * kTogether<T>, column = Column(k);
      if (column < cols_) step(k, column);
    });
  }

  int64_t number_;
  int64_t first_;
  int cols_;
  int thread_;
  bool packed_;
  bool aligned_;
  bool is_first_;
};
// #endregion held

// #region streamed
/// The same for a row that registers cannot hold: its elements are read again where they are used
/// again, mostly from the L2 cache.
template <typename T>
class StreamedRow {
  using V = Wide<T>;

 public:
  static constexpr int kThreads = 512;
  static constexpr int kBlock = kThreads;
  /// What a thread asks of memory at a time; of 16 bits half as many packs, as they take as many
  /// registers.
  static constexpr int kEach = (kIsHalf<T> ? 2 : 4) * kTogether<T>;

  /// Element i of the n that start at column `pack`.
  template <int n, bool aligned>
  struct Place {
    int64_t pack;
    int i;
    __device__ __forceinline__ int64_t Column() const { return pack + i; }
  };

  struct Elements {
    template <int n, bool aligned>
    __device__ __forceinline__ V operator[](const Place<n, aligned>& k) const {
      if (x == nullptr) return otherwise;
      // The other elements of the pack come from the same load.
      if constexpr (aligned) return Widen(LoadPack<n>(x + k.pack, true)[k.i]);
      return Widen(x[k.Column()]);
    }
    const T* x;
    V otherwise;
  };
  struct ExpElements {
    template <typename Place>
    __device__ __forceinline__ V operator[](const Place& k) const {
      return std::exp(x[k] - peak);
    }
    Elements x;
    V peak;
  };

  __device__ StreamedRow(const Matrix& matrix, int64_t row)
      : number_(row),
        first_(row * matrix.cols),
        cols_(row < matrix.rows ? matrix.cols : 0),
        packed_(matrix.packed),
        aligned_(matrix.aligned) {}

  __device__ __forceinline__ int64_t Number() const { return number_; }
  __device__ __forceinline__ bool IsFirst() const { return threadIdx.x == 0; }

  template <typename Place>
  __device__ __forceinline__ int64_t Column(const Place& k) const {
    return k.Column();
  }

  __device__ __forceinline__ Elements Load(const T* matrix) const {
    return {matrix + first_, V(0)};
  }
  __device__ __forceinline__ Elements LoadColumns(const T* row, V otherwise) const {
    return {row, otherwise};
  }

  template <typename Result>
  __device__ __forceinline__ void Store(T* matrix, Result y) const {
    ForEachTile([&]<int n, bool aligned, bool whole>(const Tile<n, aligned, whole>& tile) {
      tile.ForEachPack([&](int64_t column) {
        Pack<T, n> pack;
        Unrolled<n>([&](int i) { pack[i] = Narrow<T>(y(Place<n, aligned>{column, i})); });
        StorePack(pack, matrix + first_ + column, aligned);
      });
    });
  }

  template <typename Term>
  __device__ __forceinline__ V Sum(Term term) const {
    V sum = 0;
    ForEach([&](const auto& k) { sum += term(k); });
    return ReduceThreads<kThreads>(sum, V(0), Add());
  }

  /// Peak and sum in one reading: a sum taken from a lower peak is scaled down when a higher one is
  /// met.
  __device__ __forceinline__ ExpsOfRow<V, ExpElements> Exps(const Elements& x) const {
    constexpr V kLowest = -std::numeric_limits<V>::infinity();
    V peak = kLowest, sum = 0;
    ForEachTile([&](const auto& tile) {
      const V before = peak;
      tile.ForEach([&](const auto& k) { peak = Larger()(peak, x[k]); });
      sum *= Below(before, peak);
      tile.ForEach([&](const auto& k) { sum += Below(x[k], peak); });
    });
    const V highest = ReduceThreads<kThreads>(peak, kLowest, Larger());
    // A thread without elements has no say; a peak of +inf, or one of -inf, gives NaN.
    const V scaled = sum == 0 ? 0 : sum * std::exp(peak - highest);
    return {highest, ReduceThreads<kThreads>(scaled, V(0), Add()), {x, highest}};
  }

  template <typename Step>
  __device__ __forceinline__ void ForEach(Step step) const {
    ForEachTile([&](const auto& tile) { tile.ForEach(step); });
  }

 private:
  /// exp(x - peak); 1 for equal infinities, whose difference is NaN.
  static __device__ __forceinline__ V Below(V x, V peak) {
    return x == peak ? V(1) : std::exp(x - peak);
  }

  /// What the block asks of memory at a time; `whole`: all of it lies within the row.
  template <int n, bool aligned, bool whole>
  struct Tile {
    template <typename Step>
    __device__ __forceinline__ void ForEachPack(Step step) const {
      Unrolled<kEach / n>([&](int p) {
        const int64_t column = first + (p * kThreads + static_cast<int>(threadIdx.x)) * n;
        if (whole || column < cols) step(column);
      });
    }
    template <typename Step>
    __device__ __forceinline__ void ForEach(Step step) const {
      ForEachPack([&](int64_t column) {
        Unrolled<n>([&](int i) { step(Place<n, aligned>{column, i}); });
      });
    }
    int64_t first;
    int64_t cols;
  };

  template <typename Body>
  __device__ __forceinline__ void ForEachTile(Body body) const {
    if (!packed_) return ForEachTileOf<1, false>(body);
    if (aligned_) return ForEachTileOf<kTogether<T>, true>(body);
    ForEachTileOf<kTogether<T>, false>(body);
  }
  template <int n, bool aligned, typename Body>
  __device__ __forceinline__ void ForEachTileOf(Body body) const {
    int64_t first = 0;
    for (; first + kThreads * kEach <= cols_; first += kThreads * kEach) {
      body(Tile<n, aligned, /*whole=*/true>{first, cols_});
    }
    if (first < cols_) body(Tile<n, aligned, /*whole=*/false>{first, cols_});
  }

  int64_t number_;
  int64_t first_;
  int64_t cols_;
  bool packed_;
  bool aligned_;
};
// #endregion streamed

template <typename Row, typename Formula>
__global__ void __launch_bounds__(Row::kBlock, 2) MapRowsKernel(Matrix matrix, Formula formula) {
  formula(Row(matrix, FirstInGrid() / Row::kThreads));
}

/// Blocks that hold `rows` rows, no more threads than that needs.
template <typename Row>
LaunchShape ShapeFor(int64_t rows) {
  const int64_t threads = (rows * Row::kThreads + 31) / 32 * 32;
  const int64_t block = std::min<int64_t>(threads, Row::kBlock);
  return {dim3(static_cast<unsigned>((threads + block - 1) / block)),
          dim3(static_cast<unsigned>(block))};
}

// #region choose
/// Calls use(TypeTag<Row>()) with the kind of row that holds `cols` elements of T.
template <typename T, typename Use>
void ChooseRow(int64_t cols, Use use) {
  // Of 16 bits half as many packs: they take as many registers.
  constexpr int few = kIsHalf<T> ? 1 : 2, many = 4 * few;
  using Part = HeldRow<T, 8, few>;
  using Warp = HeldRow<T, 32, few>;
  using FullWarp = HeldRow<T, 32, many>;
  using Block = HeldRow<T, kBlockThreads, many>;
  if (cols <= Part::kMostCols) return use(TypeTag<Part>());
  if (cols <= Warp::kMostCols) return use(TypeTag<Warp>());
  if (cols <= FullWarp::kMostCols) return use(TypeTag<FullWarp>());
  if (cols <= Block::kMostCols) return use(TypeTag<Block>());
  use(TypeTag<StreamedRow<T>>());
}
// #endregion choose

/// Calls formula(row) for every row, in each of the threads that hold it.
template <typename T, typename Formula>
void MapRows(const Matrix& matrix, Formula formula) {
  if (matrix.rows == 0) return;
  ChooseRow<T>(matrix.cols, [&](auto tag) {
    using Row = typename decltype(tag)::type;
    Launch(ShapeFor<Row>(matrix.rows), MapRowsKernel<Row, Formula>, matrix, formula);
  });
}

/// y = Formula(x), dx = Formula(dy, y), row by row.
template <template <typename> class Formula>
void MapRows(const RowsArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    MapRows<T>(MatrixOf<T>(args.rows, args.cols, x, y), Formula<T>{x, y});
  });
}
template <template <typename> class Formula>
void MapRows(const RowsBackwardArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T *dy = static_cast<const T*>(args.dy), *y = static_cast<const T*>(args.y);
    T* dx = static_cast<T*>(args.dx);
    MapRows<T>(MatrixOf<T>(args.rows, args.cols, dy, y, dx), Formula<T>{dy, y, dx});
  });
}

}  // namespace prova::cuda

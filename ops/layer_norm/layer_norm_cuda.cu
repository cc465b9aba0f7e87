#include "ops/common/reduce_cuda.h"
#include "ops/common/rows_cuda.h"
#include "ops/layer_norm/layer_norm_kernels.h"

namespace prova::cuda {
namespace {

// #region moments
/// Element k is z[k] = (x[k] - mean) / sqrt(var + epsilon).
template <typename V, typename Elements>
struct Normalized {
  Elements x;
  V mean;
  V shift;  // what rounding left out of the mean
  V scale;

  template <typename Place>
  __device__ __forceinline__ V Deviation(const Place& k) const {
    return x[k] - mean - shift;
  }
  template <typename Place>
  __device__ __forceinline__ V operator[](const Place& k) const {
    return Deviation(k) * scale;
  }
};

template <typename V, typename Row, typename Elements>
__device__ __forceinline__ auto Normalize(const Row& row, const Elements& x, V cols, V epsilon) {
  Normalized<V, Elements> z = {.x = x};
  z.mean = row.Sum([&](auto k) { return z.x[k]; }) / cols;
  z.shift = row.Sum([&](auto k) { return z.x[k] - z.mean; }) / cols;
  const V squares = row.Sum([&](auto k) { return z.Deviation(k) * z.Deviation(k); });
  z.scale = 1 / std::sqrt(squares / cols + epsilon);
  return z;
}
// #endregion moments

// #region cuda
template <typename T>
struct LayerNormOfRow {
  const T* x;
  const T* weight;
  const T* bias;
  T* y;
  Wide<T> cols;
  Wide<T> epsilon;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const auto z = Normalize(row, row.Load(x), cols, epsilon);
    const auto w = row.LoadColumns(weight, 1), b = row.LoadColumns(bias, 0);
    row.Store(y, [&](auto k) { return z[k] * w[k] + b[k]; });
  }
};
// #endregion cuda

// #region columns
/// Sums over the rows that a block meets, for each column: where registers hold rows, in registers
/// of the threads that hold the column, which are added up at the end.
template <typename Row>
class ColumnSums;

template <typename T, int threads, int packs>
class ColumnSums<HeldRow<T, threads, packs>> {
 public:
  __device__ ColumnSums(double* sums, int64_t cols) : sums_(sums), cols_(cols) {}

  __device__ __forceinline__ void Add(int k, Wide<T> term) { terms_[k] += term; }

  __device__ void Store(const HeldRow<T, threads, packs>& row) const {
    constexpr int n = kTogether<T>;
    __shared__ SharedArray<Wide<T>, n, kBlockThreads> memory;
    const auto terms = memory.view();
    const int thread = static_cast<int>(threadIdx.x), all = static_cast<int>(blockDim.x);
    Unrolled<packs>([&](int p) {
      __syncthreads();
      Unrolled<n>([&](int j) { terms(j, thread) = terms_[p * n + j]; });
      __syncthreads();
      for (int i = thread; i < n * threads; i += all) {
        const int holder = i % threads, j = i / threads;
        double sum = 0;
        for (int other = holder; other < all; other += threads) {
          sum += static_cast<double>(static_cast<Wide<T>>(terms(j, other)));
        }
        const int column = row.ColumnOf(holder, p * n + j);
        if (column < cols_) sums_[column] = sum;
      }
    });
  }

 private:
  double* sums_;
  int64_t cols_;
  Wide<T> terms_[packs * kTogether<T>] = {};
};

/// Elsewhere, in memory.
template <typename T>
class ColumnSums<StreamedRow<T>> {
 public:
  __device__ ColumnSums(double* sums, int64_t cols) : sums_(sums) {
    for (int64_t k = threadIdx.x; k < cols; k += StreamedRow<T>::kThreads) sums_[k] = 0;
    __syncthreads();  // other threads than here add to a column
  }
  template <typename Place>
  __device__ __forceinline__ void Add(const Place& k, Wide<T> term) {
    sums_[k.Column()] += static_cast<double>(term);
  }
  __device__ void Store(const StreamedRow<T>&) const {}

 private:
  double* sums_;
};
// #endregion columns

template <typename T>
struct BackwardOperands {
  const T* dy;
  const T* x;
  const T* weight;
  T* dx;
  double* sums;      // [blocks, 2, cols]
  int64_t of_block;  // the rows that a block meets
  Wide<T> epsilon;
};

// #region cuda_backward
template <typename Row, typename T>
__global__ void __launch_bounds__(Row::kBlock)
    BackwardKernel(Matrix matrix, BackwardOperands<T> in) {
  const int together = static_cast<int>(blockDim.x) / Row::kThreads;
  const int64_t begin = blockIdx.x * in.of_block + threadIdx.x / Row::kThreads;
  const auto cols = static_cast<Wide<T>>(matrix.cols);
  double* sums = in.sums + blockIdx.x * 2 * matrix.cols;
  ColumnSums<Row> dweight(sums, matrix.cols), dbias(sums + matrix.cols, matrix.cols);
  for (int64_t turn = 0; turn < in.of_block; turn += together) {
    const Row row(matrix, begin + turn);
    const auto z = Normalize(row, row.Load(in.x), cols, in.epsilon);
    const auto dy = row.Load(in.dy);
    row.ForEach([&](auto k) {
      dweight.Add(k, dy[k] * z[k]);
      dbias.Add(k, dy[k]);
    });
    if (in.dx == nullptr) continue;
    // Take from g what a shift and a stretch of the row would explain.
    const auto w = row.LoadColumns(in.weight, 1);
    const auto mean_g = row.Sum([&](auto k) { return w[k] * dy[k]; }) / cols;
    const auto mean_gz = row.Sum([&](auto k) { return w[k] * dy[k] * z[k]; }) / cols;
    row.Store(in.dx, [&](auto k) { return (w[k] * dy[k] - mean_g - z[k] * mean_gz) * z.scale; });
  }
  const Row any(matrix, begin);
  dweight.Store(any);
  dbias.Store(any);
}
// #endregion cuda_backward

/// More blocks than this only cost memory traffic.
constexpr int64_t kMostSums = 512;

/// to[column] = the sum over blocks.
template <typename T>
void SumOverBlocks(const double* sums, int64_t blocks, int64_t cols, T* to) {
  if (to == nullptr) return;
  const RowsOfPieces<double> from = {sums, {1, blocks, blocks, 1}, 2 * cols};
  LaunchAcross<Summing<double>, double>(from, 1, blocks, cols, AreAligned(sums, to), to, Same<T>());
}

}  // namespace

void LayerNorm(const LayerNormArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T *x = static_cast<const T*>(args.x), *weight = static_cast<const T*>(args.weight),
            *bias = static_cast<const T*>(args.bias);
    T* y = static_cast<T*>(args.y);
    MapRows<T>(MatrixOf<T>(args.rows, args.cols, x, weight, bias, y),
               LayerNormOfRow<T>{x, weight, bias, y, static_cast<Wide<T>>(args.cols),
                                 static_cast<Wide<T>>(args.epsilon)});
  });
}

void LayerNormBackward(const LayerNormBackwardArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T *dy = static_cast<const T*>(args.dy), *x = static_cast<const T*>(args.x),
            *weight = static_cast<const T*>(args.weight);
    T* dx = static_cast<T*>(args.dx);
    double* sums = static_cast<double*>(args.sums);
    const Matrix matrix = MatrixOf<T>(args.rows, args.cols, dy, x, weight, dx);
    // Whole turns of as many rows as threads hold together.
    const int64_t most = std::max(kLayerNormBlock, (args.rows / kMostSums + 31) / 32 * 32);
    const int64_t of_block = std::clamp<int64_t>(args.rows, 1, most);
    const int64_t blocks = std::max<int64_t>(1, (args.rows + most - 1) / most);
    const BackwardOperands<T> operands = {
        dy, x, weight, dx, sums, of_block, static_cast<Wide<T>>(args.epsilon)};
    ChooseRow<T>(args.cols, [&](auto tag) {
      using Row = typename decltype(tag)::type;
      LaunchShape shape = ShapeFor<Row>(of_block);
      shape.grid = dim3(static_cast<unsigned>(blocks));
      Launch(shape, BackwardKernel<Row, T>, matrix, operands);
    });
    if (args.cols == 0) return;
    SumOverBlocks(sums, blocks, args.cols, static_cast<T*>(args.dweight));
    SumOverBlocks(sums + args.cols, blocks, args.cols, static_cast<T*>(args.dbias));
  });
}

}  // namespace prova::cuda

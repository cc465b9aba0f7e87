#include "ops/common/reduce_cuda.h"
#include "ops/common/rows_cuda.h"
#include "ops/max/max_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda_backward
/// Two NaNs count as equal: they are what the maximum came from.
template <typename V>
__device__ __forceinline__ bool Ties(V x, V peak) {
  return x == peak || (x != x && peak != peak);
}

/// Along memory, row by row.
template <typename T>
struct SharesOfRow {
  const T* dy;
  const T* x;
  const T* y;
  T* dx;
  int64_t rows;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const int64_t at = row.Number() < rows ? row.Number() : 0;
    const auto in = row.Load(x);
    const Wide<T> peak = Widen(y[at]);
    const auto ties = row.Sum([&](auto k) { return Wide<T>(Ties(in[k], peak)); });
    const Wide<T> share = Widen(dy[at]) / ties;
    row.Store(dx, [&](auto k) { return Ties(in[k], peak) ? share : 0; });
  }
};

/// Across memory, a thread a column.
template <typename T>
__global__ void ShareColumns(const T* dy, const T* x, const T* y, T* dx, int64_t columns,
                             int64_t axis, int64_t inner) {
  for (int64_t i = FirstInGrid(); i < columns; i += GridStep()) {
    const int64_t first = i / inner * axis * inner + i % inner;
    const auto is_tie = [&, peak = Widen(y[i])](int64_t k) {
      return Ties(Widen(x[first + k * inner]), peak);
    };
    Wide<T> ties = 0;
    for (int64_t k = 0; k < axis; ++k) ties += is_tie(k) ? 1 : 0;
    const Wide<T> share = Widen(dy[i]) / ties;
    for (int64_t k = 0; k < axis; ++k) dx[first + k * inner] = Narrow<T>(is_tie(k) ? share : 0);
  }
}
// #endregion cuda_backward

}  // namespace

// #region cuda
void Max(const ReduceArgs& args) {
  VisitAllNumbers(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ReduceAxis<Largest<Wide<T>>, T>(args, Same<T>());
  });
}
// #endregion cuda

void MaxBackward(const MaxBackwardArgs& args) {
  const int64_t columns = args.outer * args.inner;
  if (columns == 0) return;
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T *dy = static_cast<const T*>(args.dy), *x = static_cast<const T*>(args.x);
    const T* y = static_cast<const T*>(args.y);
    T* dx = static_cast<T*>(args.dx);
    if (args.inner == 1) {
      MapRows<T>(MatrixOf<T>(args.outer, args.axis, x, dx),
                 SharesOfRow<T>{dy, x, y, dx, args.outer});
    } else {
      Launch(GridFor(columns), ShareColumns<T>, dy, x, y, dx, columns, args.axis, args.inner);
    }
  });
}

}  // namespace prova::cuda

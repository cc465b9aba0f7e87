#include "ops/common/reduce_cuda.h"
#include "ops/common/rows_cuda.h"
#include "ops/max/max_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda_backward
/// Two NaNs count as equal: they are what the maximum came from.
template <typename T>
__device__ __forceinline__ bool Ties(T x, T peak) {
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
    const T peak = y[at];
    const T ties = row.Sum([&](auto k) { return Ties(in[k], peak) ? T(1) : T(0); });
    const T share = dy[at] / ties;
    row.Store(dx, [&](auto k) { return Ties(in[k], peak) ? share : T(0); });
  }
};

/// Across memory, a thread a column.
template <typename T>
__global__ void ShareColumns(const T* dy, const T* x, const T* y, T* dx, int64_t columns,
                             int64_t axis, int64_t inner) {
  for (int64_t i = FirstInGrid(); i < columns; i += GridStep()) {
    const int64_t first = i / inner * axis * inner + i % inner;
    const T peak = y[i];
    T ties = 0;
    for (int64_t k = 0; k < axis; ++k) ties += Ties(x[first + k * inner], peak) ? 1 : 0;
    const T share = dy[i] / ties;
    for (int64_t k = 0; k < axis; ++k) {
      dx[first + k * inner] = Ties(x[first + k * inner], peak) ? share : T(0);
    }
  }
}
// #endregion cuda_backward

}  // namespace

// #region cuda
void Max(const ReduceArgs& args) {
  VisitNumbers(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ReduceAxis<Largest<T>, T>(args, Same<T>());
  });
}
// #endregion cuda

void MaxBackward(const MaxBackwardArgs& args) {
  const int64_t columns = args.outer * args.inner;
  if (columns == 0) return;
  VisitFloats(args.dtype, [&](auto type) {
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

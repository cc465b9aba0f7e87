#include "ops/common/rows_cuda.h"
#include "ops/softmax/softmax_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
template <typename T>
struct SoftmaxOfRow {
  const T* x;
  T* y;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const auto e = row.Exps(row.Load(x));
    const auto scale = 1 / e.sum;
    row.Store(y, [&](auto k) { return e[k] * scale; });
  }
};
// #endregion cuda

// #region cuda_backward
template <typename T>
struct SoftmaxBackwardOfRow {
  const T* dy;
  const T* y;
  T* dx;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const auto up = row.Load(dy), p = row.Load(y);
    const auto shift = row.Sum([&](auto k) { return up[k] * p[k]; });
    row.Store(dx, [&](auto k) { return p[k] * (up[k] - shift); });
  }
};
// #endregion cuda_backward

}  // namespace

void Softmax(const RowsArgs& args) { MapRows<SoftmaxOfRow>(args); }

void SoftmaxBackward(const RowsBackwardArgs& args) { MapRows<SoftmaxBackwardOfRow>(args); }

}  // namespace prova::cuda

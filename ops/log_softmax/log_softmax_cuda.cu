#include "ops/common/rows_cuda.h"
#include "ops/log_softmax/log_softmax_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
template <typename T>
struct LogSoftmaxOfRow {
  const T* x;
  T* y;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const auto in = row.Load(x);
    const auto e = row.Exps(in);
    const auto log_sum = std::log(e.sum);
    row.Store(y, [&](auto k) { return in[k] - e.peak - log_sum; });
  }
};
// #endregion cuda

// #region cuda_backward
template <typename T>
struct LogSoftmaxBackwardOfRow {
  const T* dy;
  const T* y;
  T* dx;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    const auto up = row.Load(dy), log_p = row.Load(y);
    const auto total = row.Sum([&](auto k) { return up[k]; });
    row.Store(dx, [&](auto k) { return up[k] - std::exp(log_p[k]) * total; });
  }
};
// #endregion cuda_backward

}  // namespace

void LogSoftmax(const RowsArgs& args) { MapRows<LogSoftmaxOfRow>(args); }

void LogSoftmaxBackward(const RowsBackwardArgs& args) { MapRows<LogSoftmaxBackwardOfRow>(args); }

}  // namespace prova::cuda

#include "ops/log_softmax/log_softmax.h"

#include "autograd/movement.h"
#include "ops/common/rows.h"
#include "ops/exp/exp.h"
#include "ops/log_softmax/log_softmax_kernels.h"
#include "ops/mul/mul.h"
#include "ops/neg/neg.h"
#include "ops/sub/sub.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"
#include "tensor/one_device.h"

namespace prova {

// #region forward
Tensor log_softmax(const Tensor& x, int64_t axis) {
  RequireFloating("log_softmax", x);
  const int along = NormalizeAxis(axis, x.shape(), "log_softmax");
  const auto kernel = Choose("log_softmax", kLogSoftmaxKernels, x.dtype(), x.device());
  const Tensor rows = ToRows(x, along, kernel.dtype);
  const Tensor y = empty_like(rows);
  kernel({rows.dtype(), rows.raw_data(), y.raw_mutable_data(), rows.size(0), rows.size(1)});
  return Record("log_softmax", {x}, FromRows(y, x, along),
                [along](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {log_softmax_backward(dy, saved.output(), along)};
                });
}
// #endregion forward

// #region gradient
Tensor log_softmax_backward(const Tensor& dy, const Tensor& y, int64_t axis) {
  RequireFloating("log_softmax_backward", dy);
  RequireFloating("log_softmax_backward", y);
  RequireSameShape("log_softmax_backward", dy, y);
  RequireOneDevice("log_softmax_backward", {dy, y});
  const int along = NormalizeAxis(axis, y.shape(), "log_softmax_backward");
  if (dy.dtype() != y.dtype()) return log_softmax_backward(cast(dy, y.dtype()), y, along);
  const auto kernel =
      Choose("log_softmax_backward", kLogSoftmaxBackwardKernels, y.dtype(), y.device());
  const Tensor dy_rows = ToRows(dy, along, kernel.dtype), y_rows = ToRows(y, along, kernel.dtype);
  const Tensor dx = empty_like(y_rows);
  kernel({dx.dtype(), dy_rows.raw_data(), y_rows.raw_data(), dx.raw_mutable_data(), dx.size(0),
          dx.size(1)});
  return Record("log_softmax_backward", {dy, y}, FromRows(dx, y, along),
                [along](const Tensor& ddx, const Saved& saved) -> Tensors {
                  const Tensor &dy = saved.input(0), &y = saved.input(1);
                  const ReduceOptions keep = {.keepdims = true};
                  const Tensor p_ddx = exp(y) * ddx;
                  Tensors result(2);
                  // <ddx, dy - p * sum(dy)>, differentiated by dy and by y.
                  if (saved.needs(0)) result[0] = ddx - sum(p_ddx, {along}, keep);
                  if (saved.needs(1)) result[1] = -(p_ddx * sum(dy, {along}, keep));
                  return result;
                });
}
// #endregion gradient

}  // namespace prova

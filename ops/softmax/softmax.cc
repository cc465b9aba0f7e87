#include "ops/softmax/softmax.h"

#include "autograd/movement.h"
#include "ops/common/rows.h"
#include "ops/mul/mul.h"
#include "ops/softmax/softmax_kernels.h"
#include "ops/sub/sub.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"
#include "tensor/one_device.h"

namespace prova {

// #region forward
Tensor softmax(const Tensor& x, int64_t axis) {
  RequireFloating("softmax", x);
  const int along = NormalizeAxis(axis, x.shape(), "softmax");
  const auto kernel = Choose("softmax", kSoftmaxKernels, x.dtype(), x.device());
  const Tensor rows = ToRows(x, along, kernel.dtype);
  const Tensor y = empty_like(rows);
  kernel({rows.dtype(), rows.raw_data(), y.raw_mutable_data(), rows.size(0), rows.size(1)});
  return Record("softmax", {x}, FromRows(y, x, along),
                [along](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {softmax_backward(dy, saved.output(), along)};
                });
}
// #endregion forward

// #region gradient
Tensor softmax_backward(const Tensor& dy, const Tensor& y, int64_t axis) {
  RequireFloating("softmax_backward", dy);
  RequireFloating("softmax_backward", y);
  RequireSameShape("softmax_backward", dy, y);
  RequireOneDevice("softmax_backward", {dy, y});
  const int along = NormalizeAxis(axis, y.shape(), "softmax_backward");
  if (dy.dtype() != y.dtype()) return softmax_backward(cast(dy, y.dtype()), y, along);
  const auto kernel = Choose("softmax_backward", kSoftmaxBackwardKernels, y.dtype(), y.device());
  const Tensor dy_rows = ToRows(dy, along, kernel.dtype), y_rows = ToRows(y, along, kernel.dtype);
  const Tensor dx = empty_like(y_rows);
  kernel({dx.dtype(), dy_rows.raw_data(), y_rows.raw_data(), dx.raw_mutable_data(), dx.size(0),
          dx.size(1)});
  return Record("softmax_backward", {dy, y}, FromRows(dx, y, along),
                [along](const Tensor& ddx, const Saved& saved) -> Tensors {
                  const Tensor &dy = saved.input(0), &y = saved.input(1);
                  Tensors result(2);
                  if (saved.needs(0)) result[0] = softmax_backward(ddx, y, along);
                  if (saved.needs(1)) {
                    // d/dy of <ddx, y * (dy - <dy, y>)>.
                    const ReduceOptions keep = {.keepdims = true};
                    const Tensor shift = sum(dy * y, {along}, keep);
                    const Tensor mass = sum(ddx * y, {along}, keep);
                    result[1] = ddx * (dy - shift) - dy * mass;
                  }
                  return result;
                });
}
// #endregion gradient

}  // namespace prova

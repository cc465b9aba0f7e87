#include "ops/tanh/tanh.h"

#include "ops/mul/mul.h"
#include "ops/tanh/tanh_kernels.h"

namespace prova {

// #region forward
Tensor tanh(const Tensor& x) {
  RequireFloating("tanh", x);
  return Record("tanh", {x}, Unary("tanh", kTanhKernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {tanh_backward(dy, saved.output())};
                });
}
// #endregion forward

// #region gradient
Tensor tanh_backward(const Tensor& dy, const Tensor& y) {
  RequireFloating("tanh_backward", dy);
  RequireFloating("tanh_backward", y);
  RequireSameShape("tanh_backward", dy, y);
  return Record("tanh_backward", {dy, y}, Binary("tanh_backward", kTanhBackwardKernels, dy, y),
                [](const Tensor& ddx, const Saved& saved) -> Tensors {
                  const Tensor &dy = saved.input(0), &y = saved.input(1);
                  Tensors result(2);
                  if (saved.needs(0)) result[0] = CastTo(dy, tanh_backward(ddx, y));
                  if (saved.needs(1)) result[1] = CastTo(y, ddx * dy * (y * -2.0));
                  return result;
                });
}
// #endregion gradient

}  // namespace prova

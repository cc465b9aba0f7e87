#include "ops/sigmoid/sigmoid.h"

#include "ops/mul/mul.h"
#include "ops/sigmoid/sigmoid_kernels.h"
#include "ops/sub/sub.h"

namespace prova {

// #region forward
Tensor sigmoid(const Tensor& x) {
  RequireFloating("sigmoid", x);
  return Record("sigmoid", {x}, Unary("sigmoid", kSigmoidKernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {sigmoid_backward(dy, saved.output())};
                });
}
// #endregion forward

// #region gradient
Tensor sigmoid_backward(const Tensor& dy, const Tensor& y) {
  RequireFloating("sigmoid_backward", dy);
  RequireFloating("sigmoid_backward", y);
  RequireSameShape("sigmoid_backward", dy, y);
  return Record("sigmoid_backward", {dy, y},
                Binary("sigmoid_backward", kSigmoidBackwardKernels, dy, y),
                [](const Tensor& ddx, const Saved& saved) -> Tensors {
                  const Tensor &dy = saved.input(0), &y = saved.input(1);
                  Tensors result(2);
                  if (saved.needs(0)) result[0] = CastTo(dy, sigmoid_backward(ddx, y));
                  if (saved.needs(1)) result[1] = CastTo(y, ddx * dy * (1.0 - y * 2.0));
                  return result;
                });
}
// #endregion gradient

}  // namespace prova

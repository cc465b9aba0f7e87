#include "ops/relu/relu.h"

#include "ops/relu/relu_kernels.h"

namespace prova {

// #region forward
Tensor relu(const Tensor& x) {
  RequireFloating("relu", x);
  return Record("relu", {x}, Unary("relu", kReluKernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {relu_backward(dy, saved.input())};
                });
}
// #endregion forward

// #region gradient
Tensor relu_backward(const Tensor& dy, const Tensor& x) {
  RequireFloating("relu_backward", dy);
  RequireFloating("relu_backward", x);
  RequireSameShape("relu_backward", dy, x);
  return Record("relu_backward", {dy, x}, Binary("relu_backward", kReluBackwardKernels, dy, x),
                [](const Tensor& ddx, const Saved& saved) -> Tensors {
                  // Linear in dy; constant in x wherever it has a derivative.
                  const Tensor &dy = saved.input(0), &x = saved.input(1);
                  Tensors result(2);
                  if (saved.needs(0)) result[0] = CastTo(dy, relu_backward(ddx, x));
                  return result;
                });
}
// #endregion gradient

}  // namespace prova

#include "ops/exp/exp.h"

#include "ops/exp/exp_kernels.h"
#include "ops/mul/mul.h"

namespace prova {

// #region forward
Tensor exp(const Tensor& x) {
  RequireFloating("exp", x);
  return Record("exp", {x}, Unary("exp", kExpKernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {exp_backward(dy, saved.output())};
                });
}
// #endregion forward

// #region gradient
Tensor exp_backward(const Tensor& dy, const Tensor& y) { return mul(dy, y); }
// #endregion gradient

}  // namespace prova

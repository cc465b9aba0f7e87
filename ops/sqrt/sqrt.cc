#include "ops/sqrt/sqrt.h"

#include "ops/div/div.h"
#include "ops/mul/mul.h"
#include "ops/sqrt/sqrt_kernels.h"

namespace prova {

// #region forward
Tensor sqrt(const Tensor& x) {
  RequireFloating("sqrt", x);
  return Record("sqrt", {x}, Unary("sqrt", kSqrtKernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {sqrt_backward(dy, saved.output())};
                });
}
// #endregion forward

// #region gradient
Tensor sqrt_backward(const Tensor& dy, const Tensor& y) { return div(dy, mul(y, 2.0)); }
// #endregion gradient

}  // namespace prova

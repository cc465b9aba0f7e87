#include "ops/neg/neg.h"

#include "ops/neg/neg_kernels.h"

namespace prova {

// #region forward
Tensor neg(const Tensor& x) {
  RequireNumeric("neg", x);
  return Record("neg", {x}, Unary("neg", kNegKernels, x),
                [](const Tensor& dy, const Saved&) -> Tensors { return {neg_backward(dy)}; });
}
// #endregion forward

// #region gradient
Tensor neg_backward(const Tensor& dy) { return neg(dy); }
// #endregion gradient

}  // namespace prova

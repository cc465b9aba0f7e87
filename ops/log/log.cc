#include "ops/log/log.h"

#include "ops/div/div.h"
#include "ops/log/log_kernels.h"

namespace prova {

// #region forward
Tensor log(const Tensor& x) {
  RequireFloating("log", x);
  return Record("log", {x}, Unary("log", kLogKernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {log_backward(dy, saved.input())};
                });
}
// #endregion forward

// #region gradient
Tensor log_backward(const Tensor& dy, const Tensor& x) { return div(dy, x); }
// #endregion gradient

}  // namespace prova

#include "ops/$name/$name.h"

#include "ops/${name}/${name}_kernels.h"

namespace prova {

// #region forward
Tensor $name(const Tensor& x) {
  RequireFloating("$name", x);
  return Record("$name", {x}, Unary("$name", k${Name}Kernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {${name}_backward(dy, saved.input())};
                });
}
// #endregion forward

// #region gradient
Tensor ${name}_backward(const Tensor& dy, const Tensor& x) {
  // FILL IN: the derivative, here that of the identity; where the result is enough, take y and hand
  // in saved.output() above.
  RequireFloating("${name}_backward", dy);
  RequireSameShape("${name}_backward", dy, x);
  return dy;
}
// #endregion gradient

}  // namespace prova

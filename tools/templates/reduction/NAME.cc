#include "ops/$name/$name.h"

#include "autograd/movement.h"
#include "ops/${name}/${name}_kernels.h"

namespace prova {

// #region forward
Tensor $name(const Tensor& x, const Dims& axes, const ReduceOptions& options) {
  RequireFloating("$name", x);
  const ReducedAxes along = CollapseAxes("$name", x.shape(), axes, options);
  return Record("$name", {x}, Reduce("$name", k${Name}Kernels, x, along),
                [axes = along.axes](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {${name}_backward(dy, saved.input(), axes)};
                });
}
// #endregion forward

// #region gradient
Tensor ${name}_backward(const Tensor& dy, const Tensor& x, const Dims& axes) {
  // FILL IN: the gradient, from public operations; here it is that of a sum.
  RequireFloating("${name}_backward", dy);
  const ReducedAxes along = CollapseAxes("${name}_backward", x.shape(), axes);
  RequireReduced("${name}_backward", dy, along);
  return expand(reshape(dy, along.kept), x.shape());
}
// #endregion gradient

}  // namespace prova

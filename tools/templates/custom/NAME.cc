#include "ops/$name/$name.h"

#include "autograd/tape.h"
#include "ops/common/rows.h"
#include "ops/${name}/${name}_kernels.h"
#include "tensor/create.h"

namespace prova {

// #region forward
Tensor $name(const Tensor& x, int64_t axis) {
  RequireFloating("$name", x);
  const int along = NormalizeAxis(axis, x.shape(), "$name");
  const auto kernel = Choose("$name", k${Name}Kernels, x.dtype(), x.device());
  const Tensor rows = ToRows(x, along, kernel.dtype);
  const Tensor y = empty_like(rows);
  kernel({rows.dtype(), rows.raw_data(), y.raw_mutable_data(), rows.size(0), rows.size(1)});
  return Record("$name", {x}, FromRows(y, x, along),
                [along](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {${name}_backward(dy, saved.input(), along)};
                });
}
// #endregion forward

// #region gradient
Tensor ${name}_backward(const Tensor& dy, const Tensor& x, int64_t axis) {
  // FILL IN: the gradient, from public operations or a recorded kernel of its own; here it is that
  // of the identity.
  RequireFloating("${name}_backward", dy);
  RequireSameShape("${name}_backward", dy, x);
  NormalizeAxis(axis, x.shape(), "${name}_backward");
  return dy;
}
// #endregion gradient

}  // namespace prova

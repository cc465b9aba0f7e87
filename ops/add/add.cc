#include "ops/add/add.h"

#include "ops/add/add_kernels.h"

namespace prova {

// #region forward
Tensor add(const Tensor& a, const Tensor& b) {
  RequireNumeric("add", a);
  RequireNumeric("add", b);
  return Record("add", {a, b}, Binary("add", kAddKernels, a, b),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  const Tensor &a = saved.input(0), &b = saved.input(1);
                  const GradientPair dx =
                      add_backward(dy, a.shape(), b.shape(), {saved.needs(0), saved.needs(1)});
                  return {CastTo(a, dx.a), CastTo(b, dx.b)};
                });
}
// #endregion forward

Tensor add(const Tensor& a, double b) { return add(a, scalar_like(a, b)); }

// #region gradient
GradientPair add_backward(const Tensor& dy, const Shape& a_shape, const Shape& b_shape,
                          PairMask wanted) {
  GradientPair dx;
  if (wanted.a) dx.a = sum_to(dy, a_shape);
  if (wanted.b) dx.b = sum_to(dy, b_shape);
  return dx;
}
// #endregion gradient

}  // namespace prova

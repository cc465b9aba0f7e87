#include "ops/sub/sub.h"

#include "ops/neg/neg.h"
#include "ops/sub/sub_kernels.h"

namespace prova {

// #region forward
Tensor sub(const Tensor& a, const Tensor& b) {
  RequireNumeric("sub", a);
  RequireNumeric("sub", b);
  return Record("sub", {a, b}, Binary("sub", kSubKernels, a, b),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  const Tensor &a = saved.input(0), &b = saved.input(1);
                  const GradientPair dx =
                      sub_backward(dy, a.shape(), b.shape(), {saved.needs(0), saved.needs(1)});
                  return {CastTo(a, dx.a), CastTo(b, dx.b)};
                });
}
// #endregion forward

Tensor sub(const Tensor& a, double b) { return sub(a, scalar_like(a, b)); }
Tensor sub(double a, const Tensor& b) { return sub(scalar_like(b, a), b); }

// #region gradient
GradientPair sub_backward(const Tensor& dy, const Shape& a_shape, const Shape& b_shape,
                          PairMask wanted) {
  GradientPair dx;
  if (wanted.a) dx.a = sum_to(dy, a_shape);
  // The sum first: fewer elements to negate.
  if (wanted.b) dx.b = neg(sum_to(dy, b_shape));
  return dx;
}
// #endregion gradient

}  // namespace prova

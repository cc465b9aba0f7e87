#include "ops/div/div.h"

#include "ops/div/div_kernels.h"
#include "ops/mul/mul.h"
#include "ops/neg/neg.h"

namespace prova {

// #region forward
Tensor div(const Tensor& a, const Tensor& b) {
  RequireNumeric("div", a);
  RequireNumeric("div", b);
  if (!IsFloating(promote_types(a.dtype(), b.dtype()))) {
    return div(cast(a, DType::kFloat32), cast(b, DType::kFloat32));
  }
  return Record("div", {a, b}, Binary("div", kDivKernels, a, b),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  const Tensor &a = saved.input(0), &b = saved.input(1);
                  const GradientPair dx = div_backward(dy, a, b, {saved.needs(0), saved.needs(1)});
                  return {CastTo(a, dx.a), CastTo(b, dx.b)};
                });
}
// #endregion forward

Tensor div(const Tensor& a, double b) { return div(a, scalar_like(a, b)); }
Tensor div(double a, const Tensor& b) { return div(scalar_like(b, a), b); }

// #region gradient
GradientPair div_backward(const Tensor& dy, const Tensor& a, const Tensor& b, PairMask wanted) {
  const Tensor slope = div(dy, b);
  GradientPair dx;
  if (wanted.a) dx.a = sum_to(slope, a.shape());
  // Two quotients instead of a / b^2, whose divisor could overflow or vanish.
  if (wanted.b) dx.b = neg(sum_to(mul(slope, div(a, b)), b.shape()));
  return dx;
}
// #endregion gradient

}  // namespace prova

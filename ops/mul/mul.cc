#include "ops/mul/mul.h"

#include "ops/mul/mul_kernels.h"

namespace prova {

// #region forward
Tensor mul(const Tensor& a, const Tensor& b) {
  RequireNumeric("mul", a);
  RequireNumeric("mul", b);
  return Record("mul", {a, b}, Binary("mul", kMulKernels, a, b),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  const Tensor &a = saved.input(0), &b = saved.input(1);
                  const GradientPair dx = mul_backward(dy, a, b, {saved.needs(0), saved.needs(1)});
                  return {CastTo(a, dx.a), CastTo(b, dx.b)};
                });
}
// #endregion forward

Tensor mul(const Tensor& a, double b) { return mul(a, scalar_like(a, b)); }

// #region gradient
GradientPair mul_backward(const Tensor& dy, const Tensor& a, const Tensor& b, PairMask wanted) {
  GradientPair dx;
  if (wanted.a) dx.a = sum_to(mul(dy, b), a.shape());
  if (wanted.b) dx.b = sum_to(mul(dy, a), b.shape());
  return dx;
}
// #endregion gradient

}  // namespace prova

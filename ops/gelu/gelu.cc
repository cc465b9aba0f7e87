#include "ops/gelu/gelu.h"

#include <numbers>

#include "ops/add/add.h"
#include "ops/exp/exp.h"
#include "ops/gelu/gelu_kernels.h"
#include "ops/mul/mul.h"
#include "ops/sub/sub.h"
#include "ops/tanh/tanh.h"

namespace prova {
namespace {

// #region second
/// gelu''(x), composed of operations so that it can be differentiated further.
Tensor SecondDerivative(const Tensor& x, GeluForm form) {
  const Tensor square = x * x;
  if (form == GeluForm::kExact) {
    constexpr double kScale = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    return exp(square * -0.5) * (2.0 - square) * kScale;
  }
  constexpr double kScale = std::numbers::sqrt2 * std::numbers::inv_sqrtpi, kCube = 0.044715;
  const Tensor t = tanh((square * kCube + 1.0) * x * kScale);
  const Tensor slope = (square * (3 * kCube) + 1.0) * kScale;
  const Tensor bend = square * (6 * kCube * kScale);  // x u''
  return (1.0 - t * t) * (slope + (bend - x * t * slope * slope * 2.0) * 0.5);
}
// #endregion second

}  // namespace

// #region forward
Tensor gelu(const Tensor& x, GeluForm form) {
  RequireFloating("gelu", x);
  const Tensor y = form == GeluForm::kExact ? Unary("gelu", kGeluKernels, x)
                                            : Unary("gelu", kGeluTanhKernels, x);
  return Record("gelu", {x}, y, [form](const Tensor& dy, const Saved& saved) -> Tensors {
    return {gelu_backward(dy, saved.input(), form)};
  });
}
// #endregion forward

// #region gradient
Tensor gelu_backward(const Tensor& dy, const Tensor& x, GeluForm form) {
  RequireFloating("gelu_backward", dy);
  RequireFloating("gelu_backward", x);
  RequireSameShape("gelu_backward", dy, x);
  const Tensor dx = form == GeluForm::kExact
                        ? Binary("gelu_backward", kGeluBackwardKernels, dy, x)
                        : Binary("gelu_backward", kGeluTanhBackwardKernels, dy, x);
  return Record("gelu_backward", {dy, x}, dx,
                [form](const Tensor& ddx, const Saved& saved) -> Tensors {
                  const Tensor &dy = saved.input(0), &x = saved.input(1);
                  Tensors result(2);
                  if (saved.needs(0)) result[0] = CastTo(dy, gelu_backward(ddx, x, form));
                  if (saved.needs(1)) {
                    result[1] = CastTo(x, ddx * dy * SecondDerivative(x, form));
                  }
                  return result;
                });
}
// #endregion gradient

}  // namespace prova

#include "ops/sum/sum.h"

#include "autograd/movement.h"
#include "ops/sum/sum_kernels.h"
#include "tensor/strided.h"

namespace prova {

// #region forward
Tensor sum(const Tensor& x, const Dims& axes, const ReduceOptions& options) {
  const ReducedAxes along = CollapseAxes("sum", x.shape(), axes, options);
  const Tensor terms = IsFloating(x.dtype()) ? x : Cast(x, DType::kInt64);
  return Record("sum", {x}, Reduce("sum", kSumKernels, terms, along),
                [axes = along.axes](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {sum_backward(dy, saved.input().shape(), axes)};
                });
}
// #endregion forward

// #region gradient
Tensor sum_backward(const Tensor& dy, const Shape& shape, const Dims& axes) {
  RequireFloating("sum_backward", dy);
  const ReducedAxes along = CollapseAxes("sum_backward", shape, axes);
  RequireReduced("sum_backward", dy, along);
  return expand(reshape(dy, along.kept), shape);
}
// #endregion gradient

}  // namespace prova

#include "ops/mean/mean.h"

#include "autograd/movement.h"
#include "ops/mean/mean_kernels.h"
#include "ops/mul/mul.h"

namespace prova {

// #region forward
Tensor mean(const Tensor& x, const Dims& axes, const ReduceOptions& options) {
  RequireFloating("mean", x);
  const ReducedAxes along = CollapseAxes("mean", x.shape(), axes, options);
  return Record("mean", {x}, Reduce("mean", kMeanKernels, x, along),
                [axes = along.axes](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {mean_backward(dy, saved.input().shape(), axes)};
                });
}
// #endregion forward

// #region gradient
Tensor mean_backward(const Tensor& dy, const Shape& shape, const Dims& axes) {
  RequireFloating("mean_backward", dy);
  const ReducedAxes along = CollapseAxes("mean_backward", shape, axes);
  RequireReduced("mean_backward", dy, along);
  // In float16, 1/n loses bits above n = 16384, and n itself is infinite from 65520 on.
  const Tensor share = mul(cast(dy, ComputeType(dy.dtype())), 1 / static_cast<double>(along.axis));
  return expand(reshape(cast(share, dy.dtype()), along.kept), shape);
}
// #endregion gradient

}  // namespace prova

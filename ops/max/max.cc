#include "ops/max/max.h"

#include "autograd/movement.h"
#include "ops/common/pointwise.h"
#include "ops/max/max_kernels.h"
#include "ops/mul/mul.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"
#include "tensor/one_device.h"

namespace prova {
namespace {

ReducedAxes AlongSome(const char* op, const Tensor& x, const Dims& axes,
                      const ReduceOptions& options) {
  RequireNumeric(op, x);
  const ReducedAxes along = CollapseAxes(op, x.shape(), axes, options);
  if (along.axis == 0) {
    Fail(ErrorCode::kValue,
         {.where = op,
          .given = Cat("no elements along axes ", along.axes, " of shape ", along.shape),
          .need = "at least one: an empty maximum has no value"});
  }
  return along;
}

}  // namespace

// #region forward
Tensor max(const Tensor& x, const Dims& axes, const ReduceOptions& options) {
  const ReducedAxes along = AlongSome("max", x, axes, options);
  return Record("max", {x}, Reduce("max", kMaxKernels, x, along),
                [axes = along.axes](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {max_backward(dy, saved.input(), axes)};
                });
}
// #endregion forward

// #region gradient
Tensor max_backward(const Tensor& dy, const Tensor& x, const Dims& axes) {
  RequireFloating("max_backward", dy);
  RequireFloating("max_backward", x);
  const ReducedAxes along = AlongSome("max_backward", x, axes, {.keepdims = true});
  RequireReduced("max_backward", dy, along);
  RequireOneDevice("max_backward", {dy, x});
  const auto kernel =
      Choose("max_backward", kMaxBackwardKernels, KernelDType(x, {&dy}), x.device());
  const Tensor rows = ToOuterAxisInner(x, along, kernel.dtype);
  const Tensor peaks = Cast(Reduce("max_backward", kMaxKernels, x, along), rows.dtype());
  const Tensor upstream = Contiguous(Cast(dy, rows.dtype()));
  const Tensor dx = empty_like(rows);
  kernel({dx.dtype(), upstream.raw_data(), rows.raw_data(), peaks.raw_data(), dx.raw_mutable_data(),
          along.outer, along.axis, along.inner});
  return Record("max_backward", {dy, x}, FromOuterAxisInner(dx, along, x.dtype()),
                [axes = along.axes](const Tensor& ddx, const Saved& saved) -> Tensors {
                  if (!saved.needs(0)) return {Tensor(), Tensor()};
                  // dx is linear in dy: what went out as shares comes back weighted by them.
                  const Tensor &dy = saved.input(0), &x = saved.input(1);
                  const Tensor shares = max_backward(ones_like(dy), detach(x), axes);
                  return {CastTo(dy, reshape(sum(ddx * shares, axes), dy.shape())), Tensor()};
                });
}
// #endregion gradient

}  // namespace prova

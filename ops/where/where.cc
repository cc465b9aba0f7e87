#include "ops/where/where.h"

#include "ops/where/where_kernels.h"
#include "tensor/one_device.h"

namespace prova {
namespace {

void RequireCondition(const char* op, const Tensor& condition) {
  if (condition.dtype() == DType::kBool) return;
  Fail(ErrorCode::kDType, {.where = op,
                           .given = Cat("a condition of ", condition.dtype()),
                           .need = "bool",
                           .hint = "cast it to bool"});
}

}  // namespace

// #region forward
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  RequireCondition("where", condition);
  RequireOneDevice("where", {condition, a, b});
  const DType dtype = promote_types(a.dtype(), b.dtype());
  const Shape shape =
      BroadcastShapes(condition.shape(), BroadcastShapes(a.shape(), b.shape(), "where"), "where");
  const Tensor choice = BroadcastForKernel("where", condition, shape);
  const Tensor left = BroadcastForKernel("where", Cast(a, dtype), shape);
  const Tensor right = BroadcastForKernel("where", Cast(b, dtype), shape);
  const Tensor y = empty(shape, {.dtype = dtype, .device = a.device()});
  Choose("where", kWhereKernels, dtype,
         a.device())({ItemSize(dtype), static_cast<const uint8_t*>(choice.raw_data()),
                      left.raw_data(), right.raw_data(), y.raw_mutable_data(), y.numel(),
                      Collapse(shape, {&choice.strides(), &left.strides(), &right.strides()})});
  return Record("where", {condition, a, b}, y, [](const Tensor& dy, const Saved& saved) -> Tensors {
    const Tensor &a = saved.input(1), &b = saved.input(2);
    const GradientPair dx =
        where_backward(dy, saved.input(0), a.shape(), b.shape(), {saved.needs(1), saved.needs(2)});
    return {Tensor(), CastTo(a, dx.a), CastTo(b, dx.b)};
  });
}
// #endregion forward

Tensor where(const Tensor& condition, const Tensor& a, double b) {
  return where(condition, a, scalar_like(a, b));
}
Tensor where(const Tensor& condition, double a, const Tensor& b) {
  return where(condition, scalar_like(b, a), b);
}

// #region gradient
GradientPair where_backward(const Tensor& dy, const Tensor& condition, const Shape& a_shape,
                            const Shape& b_shape, PairMask wanted) {
  RequireFloating("where_backward", dy);
  RequireCondition("where_backward", condition);
  GradientPair dx;
  if (wanted.a) dx.a = sum_to(where(condition, dy, 0.0), a_shape);
  if (wanted.b) dx.b = sum_to(where(condition, 0.0, dy), b_shape);
  return dx;
}
// #endregion gradient

}  // namespace prova

#include "ops/common/pointwise.h"

#include <cmath>

#include "tensor/one_device.h"
#include "tensor/view.h"

namespace prova {

Tensor BroadcastForKernel(const char* op, const Tensor& x, const Shape& shape) {
  const Tensor wide = view::Expand(x, shape, op);
  const int64_t step = Collapse(shape, {&wide.strides()}).strides[0].back();
  return step == 0 || step == 1 ? wide : view::Expand(Contiguous(x), shape, op);
}

BinaryResult PromoteBinary(const char* op, const Tensor& a, const Tensor& b) {
  RequireOneDevice(op, {a, b});
  return {promote_types(a.dtype(), b.dtype()), BroadcastShapes(a.shape(), b.shape(), op)};
}

BinaryOperands PrepareBinary(const char* op, const Tensor& a, const Tensor& b, DType dtype,
                             const Shape& shape) {
  BinaryOperands in;
  in.a = BroadcastForKernel(op, Cast(a, dtype), shape);
  in.b = BroadcastForKernel(op, Cast(b, dtype), shape);
  in.geometry = Collapse(shape, {&in.a.strides(), &in.b.strides()});
  return in;
}

Tensor scalar_like(const Tensor& x, double value) {
  const bool whole = value == std::trunc(value);
  const bool keeps = IsFloating(x.dtype()) || (IsInteger(x.dtype()) && whole);
  return full({}, value, {.dtype = keeps ? x.dtype() : DType::kFloat32, .device = x.device()});
}

Tensor CastTo(const Tensor& operand, const Tensor& gradient) {
  return gradient.defined() ? cast(gradient, operand.dtype()) : gradient;
}

}  // namespace prova

#pragma once

#include "autograd/movement.h"
#include "ops/common/gradients.h"
#include "ops/common/kernel_table.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {

/// The drivers of pointwise operations: they check dtypes, promote, broadcast and hand kernels
/// what they expect. A module adds its scalar, vector and device formula.

/// y[i] = f(x[i]) for i in 0..n-1.
struct UnaryArgs {
  DType dtype;
  const void* x;  // [n]
  void* y;        // [n]
  int64_t n;
};
using UnaryFn = void (*)(const UnaryArgs&);

/// y[i] = f(a[i], b[i]), the operands broadcast: `geometry` walks a and b, whose innermost steps
/// are 0 or 1, in the order of y.
struct BinaryArgs {
  DType dtype;
  const void* a;
  const void* b;
  void* y;  // [n]
  int64_t n;
  JointGeometry geometry;
};
using BinaryFn = void (*)(const BinaryArgs&);

/// f(x) in x's shape and dtype. Errors: kDType unless the table knows x's dtype.
template <size_t size>
Tensor Unary(const char* op, const KernelEntry<UnaryFn> (&kernels)[size], const Tensor& x) {
  const auto kernel = Choose(op, kernels, x.dtype(), x.device());
  auto run = [&](const Tensor& in) {
    Tensor y = empty_like(in);
    kernel({in.dtype(), in.raw_data(), y.raw_mutable_data(), in.numel()});
    return y;
  };
  if (IsForKernel(x, kernel.dtype)) return run(x);
  return Cast(run(ForKernel(x, kernel.dtype)), x.dtype());
}

/// What two operands promote and broadcast to. Errors: kDevice, kShape.
struct BinaryResult {
  DType dtype;
  Shape shape;
};
BinaryResult PromoteBinary(const char* op, const Tensor& a, const Tensor& b);

/// Two operands made ready for a kernel: cast, broadcast to `shape`, innermost steps of 0 or 1.
struct BinaryOperands {
  Tensor a;
  Tensor b;
  JointGeometry geometry;
};
BinaryOperands PrepareBinary(const char* op, const Tensor& a, const Tensor& b, DType dtype,
                             const Shape& shape);

/// f(a, b) in the promoted dtype and broadcast shape.
/// Errors: kShape where shapes do not broadcast; kDType unless the table knows the dtype.
template <size_t size>
Tensor Binary(const char* op, const KernelEntry<BinaryFn> (&kernels)[size], const Tensor& a,
              const Tensor& b) {
  // Most calls bring two tensors of one kind, or one beside a number: nothing to promote or copy.
  const bool alike = a.shape() == b.shape();
  const bool a_is_number = !alike && a.numel() == 1 && a.rank() <= b.rank();
  const bool b_is_number = !alike && b.numel() == 1 && b.rank() <= a.rank();
  if ((alike || a_is_number || b_is_number) && a.dtype() == b.dtype() && a.device() == b.device()) {
    const auto kernel = Choose(op, kernels, a.dtype(), a.device());
    if (IsForKernel(a, kernel.dtype) && IsForKernel(b, kernel.dtype)) {
      Tensor y = empty_like(b_is_number ? a : b);
      const int64_t n = y.numel();
      kernel({a.dtype(), a.raw_data(), b.raw_data(), y.raw_mutable_data(), n,
              OneAxis(n, {a_is_number ? 0 : 1, b_is_number ? 0 : 1})});
      return y;
    }
  }
  const BinaryResult result = PromoteBinary(op, a, b);
  // Promotion itself must not round to 16 bits: an int64 becomes a float32 beside a float16.
  const bool same = a.dtype() == b.dtype();
  const DType widest = same ? result.dtype : ComputeType(result.dtype);
  const auto kernel = Choose(op, kernels, widest, a.device());
  const BinaryOperands in = PrepareBinary(op, a, b, kernel.dtype, result.shape);
  const Tensor y = empty(result.shape, {.dtype = kernel.dtype, .device = a.device()});
  kernel(
      {y.dtype(), in.a.raw_data(), in.b.raw_data(), y.raw_mutable_data(), y.numel(), in.geometry});
  return Cast(y, result.dtype);
}

/// x with an innermost step of 0 or 1 in its broadcast to `shape`: what a pointwise kernel reads.
Tensor BroadcastForKernel(const char* op, const Tensor& x, const Shape& shape);

/// A 0-d tensor that takes part in promotion with x as a plain number does: in x's dtype, or
/// float32 where x is not floating and the number is not whole.
Tensor scalar_like(const Tensor& x, double value);

/// A gradient in the dtype of its operand; undefined stays undefined.
Tensor CastTo(const Tensor& operand, const Tensor& gradient);

namespace reference {

/// The readable loop: y[i] = f(x[i]).
template <typename T, typename Formula>
void Map(const UnaryArgs& args, Formula f) {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  for (int64_t i = 0; i < args.n; ++i) y[i] = f(x[i]);
}

/// The readable loop: y[i] = f(a[i], b[i]).
template <typename T, typename Formula>
void Map(const BinaryArgs& args, Formula f) {
  T* y = static_cast<T*>(args.y);
  const int64_t a_step = args.geometry.strides[0].back();
  const int64_t b_step = args.geometry.strides[1].back();
  ForEachRun(args.geometry, 0, args.n, [&](const int64_t* offsets, int64_t count) {
    const T* a = static_cast<const T*>(args.a) + offsets[0];
    const T* b = static_cast<const T*>(args.b) + offsets[1];
    for (int64_t i = 0; i < count; ++i) *y++ = f(a[i * a_step], b[i * b_step]);
  });
}

/// `Map` over float and double; over integers as well.
template <typename Args, typename Formula>
void MapFloats(const Args& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}
template <typename Args, typename Formula>
void MapNumbers(const Args& args, Formula f) {
  VisitNumbers(args.dtype, [&](auto type) { Map<typename decltype(type)::type>(args, f); });
}

}  // namespace reference
}  // namespace prova

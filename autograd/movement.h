#pragma once

#include "autograd/tape.h"
#include "tensor/view.h"

namespace prova {

/// Differentiable movement: new shapes over the same elements. All up to `transpose` are views that
/// share storage; the adjoint of each adds the gradient into the places that the view shows.
/// Shapes, conventions and errors are those of the functions of the same name in `tensor/view.h`.
/// Where there is nothing to do, `expand`, `contiguous`, `cast`, `to` and `sum_to` return x itself.

Tensor slice(const Tensor& x, int64_t axis, const SliceSpec& spec);
Tensor permute(const Tensor& x, const Dims& order);
Tensor expand(const Tensor& x, const Shape& shape);
/// A copy only where no strides describe the result.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Without the given axes of size 1; without arguments, without all of them.
Tensor squeeze(const Tensor& x, const Dims& axes = {});
Tensor unsqueeze(const Tensor& x, int64_t axis);

/// Two axes exchanged. Errors: kIndex.
Tensor transpose(const Tensor& x, int64_t axis0, int64_t axis1);

/// x itself where its elements lie in row-major order, else a copy that does.
Tensor contiguous(const Tensor& x);

/// x as another dtype: floating to integer truncates and saturates with NaN to 0, integers wrap.
/// Differentiable between floating dtypes.
Tensor cast(const Tensor& x, DType dtype);

/// x on another device; x itself where it is there. Errors: kDevice, kMemory.
Tensor to(const Tensor& x, const Device& device);

/// Tensors of one shape, dtype and device along a new first axis. Errors: kValue for none, kShape,
/// kDType, kDevice.
Tensor stack(const Tensors& rows);

/// The sum of x over the axes along which `shape` was broadcast to it: the adjoint of `expand`.
/// Accumulated in double. Errors: kShape unless `shape` broadcasts to the shape of x,
/// kDType unless floating.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace prova

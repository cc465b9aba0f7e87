#pragma once

#include "tensor/tensor.h"

namespace prova {

/// FILL IN: what it computes for each row along an axis.
///
/// x: any shape with at least one axis, floating; y: the same shape and dtype.
/// FILL IN: the numerics promise and the source.
/// Errors: kIndex for the axis, kDType unless floating.
Tensor $name(const Tensor& x, int64_t axis = -1);

/// FILL IN: the gradient, from what the forward pass had. Errors: kShape unless dy and x have one
/// shape; kIndex and kDType as above.
Tensor ${name}_backward(const Tensor& dy, const Tensor& x, int64_t axis = -1);

}  // namespace prova

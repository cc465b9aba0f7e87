#pragma once

#include "tensor/tensor.h"

namespace prova {

/// FILL IN: what it computes, y = f(x), of every element.
///
/// x: any shape, floating; y: the same shape and dtype.
/// FILL IN: the numerics promise and the source. Errors: kDType unless floating.
Tensor $name(const Tensor& x);

/// FILL IN: the gradient, dx = dy * f'(x). Errors: kShape unless dy and x have one shape; kDType
/// unless floating.
Tensor ${name}_backward(const Tensor& dy, const Tensor& x);

}  // namespace prova

#pragma once

#include "tensor/tensor.h"

namespace prova {

/// a + b of one shape and floating dtype: how gradients meet, the one operation that autograd
/// itself owns. Differentiable. bfloat16 and float16 add in float.
/// Errors: kShape, kDType, kDevice unless both have one shape, one floating dtype and one device.
Tensor Accumulate(const Tensor& a, const Tensor& b);

}  // namespace prova

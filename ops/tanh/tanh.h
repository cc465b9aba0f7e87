#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The hyperbolic tangent of every element, y = (e^x - e^-x) / (e^x + e^-x).
///
/// x: any shape, floating; y: the same shape and dtype, in [-1, 1]. Within 2 ulp in float32, 2.5 in
/// float64 (reference: the C library), odd to the last bit. tanh(±inf) = ±1, tanh(-0) = -0,
/// tanh(NaN) = NaN. float16 and bfloat16 compute in float32. Source: IEEE 754-2019, 9.2. Errors:
/// kDType unless floating.
Tensor tanh(const Tensor& x);

/// dx = dy * (1 - y^2), from the result y = tanh(x).
/// Errors: kShape unless dy and y have one shape; kDType unless floating.
Tensor tanh_backward(const Tensor& dy, const Tensor& y);

}  // namespace prova

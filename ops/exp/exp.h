#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The exponential function of every element, y = e^x.
///
/// x: any shape, floating; y: the same shape and dtype. Within 1 ulp (reference: the C library).
/// exp(-inf) = 0, exp(inf) = inf, exp(NaN) = NaN; too large gives inf, small results are gradually
/// rounded to subnormal numbers and 0. float16 and bfloat16 compute in float32.
/// Source: IEEE 754-2019, 9.2. Errors: kDType unless floating.
Tensor exp(const Tensor& x);

/// dx = dy * y, from the result y = exp(x).
Tensor exp_backward(const Tensor& dy, const Tensor& y);

}  // namespace prova

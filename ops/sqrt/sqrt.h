#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The square root of every element.
///
/// x: any shape, floating; y: the same shape and dtype. Correctly rounded. sqrt(-0) = -0,
/// sqrt(x) = NaN for x < 0, sqrt(inf) = inf, sqrt(NaN) = NaN. float16 and bfloat16 compute in
/// float32. Source: IEEE 754-2019, 5.4.1. Errors: kDType unless floating.
Tensor sqrt(const Tensor& x);

/// dx = dy / (2y), from the result y = sqrt(x); by IEEE at y = 0: dy / 0.
Tensor sqrt_backward(const Tensor& dy, const Tensor& y);

}  // namespace prova

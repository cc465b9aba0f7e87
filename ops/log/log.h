#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The natural logarithm of every element, y = log(x).
///
/// x: any shape, floating; y: the same shape and dtype. Within 1 ulp, for subnormal x too
/// (reference: the C library). log(0) = -inf, of either sign; log(x) = NaN for x < 0;
/// log(inf) = inf; log(NaN) = NaN. float16 and bfloat16 compute in float32.
/// Source: IEEE 754-2019, 9.2. Errors: kDType unless floating.
Tensor log(const Tensor& x);

/// dx = dy / x, by IEEE at x = 0.
Tensor log_backward(const Tensor& dy, const Tensor& x);

}  // namespace prova

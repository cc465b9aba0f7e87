#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The logistic sigmoid of every element, y = 1 / (1 + e^-x).
///
/// x: any shape, floating; y: the same shape and dtype, in [0, 1]. Within 2 ulp, of small results
/// too; the reference adds two roundings to the C library's exp, and is within 2.5.
/// sigmoid(-inf) = 0, sigmoid(inf) = 1, sigmoid(NaN) = NaN. float16 and bfloat16 compute in
/// float32. Source: P.-F. Verhulst, 1845. Errors: kDType unless floating.
Tensor sigmoid(const Tensor& x);

/// dx = dy * y * (1 - y), from the result y = sigmoid(x).
/// Errors: kShape unless dy and y have one shape; kDType unless floating.
Tensor sigmoid_backward(const Tensor& dy, const Tensor& y);

}  // namespace prova

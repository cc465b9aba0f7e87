#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The negative of every element, y = -x.
///
/// x: any shape, any numeric dtype; y: the same shape and dtype. Exact: the sign bit flips, that of
/// zero, infinity and NaN too. Integers wrap: the least one is its own negative, and in uint8
/// -x = 256 - x. Source: IEEE 754-2019, 5.5.1; Python Array API 2024.12, `negative`.
/// Errors: kDType for bool.
Tensor neg(const Tensor& x);

/// dx = -dy. Errors: as for neg.
Tensor neg_backward(const Tensor& dy);

inline Tensor operator-(const Tensor& x) { return neg(x); }

}  // namespace prova

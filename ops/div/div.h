#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// The quotient of two tensors, y = a / b, element by element: true division.
///
/// a, b: any numeric dtypes and shapes that broadcast by NumPy's rules; y: the broadcast shape in
/// the promoted dtype, float32 where that is an integer. Correctly rounded; float16 and bfloat16
/// divide in float32. x / 0 = ±inf and 0 / 0 = NaN, for integers too, which become float32 first.
/// Source: IEEE 754-2019, 5.4.1; Python Array API 2024.12, `divide`. Errors: kShape where shapes do
/// not broadcast, kDType for bool.
Tensor div(const Tensor& a, const Tensor& b);

/// A plain number takes part in the tensor's dtype, as float32 where that is an integer.
Tensor div(const Tensor& a, double b);
Tensor div(double a, const Tensor& b);

/// red(dy / b, A) and red(-dy * a / b^2, B), by IEEE at b = 0; the sums run over the axes along
/// which an operand was broadcast.
GradientPair div_backward(const Tensor& dy, const Tensor& a, const Tensor& b, PairMask wanted = {});

inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator/(const Tensor& a, double b) { return div(a, b); }
inline Tensor operator/(double a, const Tensor& b) { return div(a, b); }

}  // namespace prova

#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// The product of two tensors, y = a * b, element by element.
///
/// a, b: any numeric dtypes and shapes that broadcast by NumPy's rules; y: the broadcast shape in
/// the promoted dtype. One rounding; integers wrap. float16 and bfloat16 multiply in float32.
/// 0 * inf = NaN. Source: IEEE 754-2019, 5.4.1; Python Array API 2024.12, `multiply`. Errors:
/// kShape where shapes do not broadcast, kDType for bool.
Tensor mul(const Tensor& a, const Tensor& b);

/// A plain number takes part in a's dtype, as float32 where a is an integer tensor and it is not
/// whole.
Tensor mul(const Tensor& a, double b);

/// red(dy * b, A) and red(dy * a, B): the sums run over the axes along which an operand was
/// broadcast.
GradientPair mul_backward(const Tensor& dy, const Tensor& a, const Tensor& b, PairMask wanted = {});

inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator*(const Tensor& a, double b) { return mul(a, b); }
inline Tensor operator*(double a, const Tensor& b) { return mul(b, a); }

}  // namespace prova

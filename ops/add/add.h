#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// The sum of two tensors, y = a + b, element by element.
///
/// a, b: any numeric dtypes and shapes that broadcast by NumPy's rules; y: the broadcast shape in
/// the promoted dtype. One rounding; integers wrap. float16 and bfloat16 add in float32. Source:
/// IEEE 754-2019, 5.4.1; Python Array API 2024.12, `add`. Errors: kShape where shapes do not
/// broadcast, kDType for bool.
Tensor add(const Tensor& a, const Tensor& b);

/// A plain number takes part in a's dtype, as float32 where a is an integer tensor and it is not
/// whole.
Tensor add(const Tensor& a, double b);

/// dy summed over the axes along which an operand of that shape was broadcast.
GradientPair add_backward(const Tensor& dy, const Shape& a_shape, const Shape& b_shape,
                          PairMask wanted = {});

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator+(const Tensor& a, double b) { return add(a, b); }
inline Tensor operator+(double a, const Tensor& b) { return add(b, a); }

}  // namespace prova

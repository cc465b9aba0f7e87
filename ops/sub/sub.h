#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// The difference of two tensors, y = a - b, element by element.
///
/// a, b: any numeric dtypes and shapes that broadcast by NumPy's rules; y: the broadcast shape in
/// the promoted dtype. One rounding; integers wrap, unsigned ones too: 1 - 2 = 255 in uint8.
/// float16 and bfloat16 subtract in float32. Source: IEEE 754-2019, 5.4.1; Python Array API
/// 2024.12, `subtract`. Errors: kShape where shapes do not broadcast, kDType for bool.
Tensor sub(const Tensor& a, const Tensor& b);

/// A plain number takes part in the tensor's dtype, as float32 where that is an integer and the
/// number is not whole.
Tensor sub(const Tensor& a, double b);
Tensor sub(double a, const Tensor& b);

/// red(dy, a_shape) and red(-dy, b_shape): dy, and its negative, summed over the axes along which
/// an operand of that shape was broadcast.
GradientPair sub_backward(const Tensor& dy, const Shape& a_shape, const Shape& b_shape,
                          PairMask wanted = {});

inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator-(const Tensor& a, double b) { return sub(a, b); }
inline Tensor operator-(double a, const Tensor& b) { return sub(a, b); }

}  // namespace prova

#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// Selection, y = a where the condition holds, else b, element by element.
///
/// condition: bool; a, b: any dtypes; the three shapes broadcast by NumPy's rules. y: the broadcast
/// shape in the dtype that a and b promote to. Elements are copied, not computed with: what is not
/// selected, NaN included, reaches neither the result nor a gradient.
/// Source: Python Array API 2024.12, `where`. Errors: kDType for a condition that is not bool,
/// kShape where shapes do not broadcast, kDevice where devices differ.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

/// A plain number takes part in the dtype of the tensor beside it, as float32 where that is not
/// floating and the number is not whole.
Tensor where(const Tensor& condition, const Tensor& a, double b);
Tensor where(const Tensor& condition, double a, const Tensor& b);

/// dy where its operand was selected and 0 elsewhere, summed over the axes along which an operand
/// of that shape was broadcast. Errors: kDType unless dy is floating and the condition bool.
GradientPair where_backward(const Tensor& dy, const Tensor& condition, const Shape& a_shape,
                            const Shape& b_shape, PairMask wanted = {});

}  // namespace prova

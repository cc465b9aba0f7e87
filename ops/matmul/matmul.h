#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// The matrix product, y[i, j] = sum_k a[i, k] b[k, j].
///
/// a: [..., m, k], b: [..., k, n], any numeric dtypes; y: [..., m, n] in the promoted dtype, the
/// leading axes broadcast by NumPy's rules. A 1-D a is one row, a 1-D b one column, and y does
/// without that axis: two of them give their dot product, 0-d. Without terms (k = 0) y is 0.
///
/// Operands of any strides are read where they lie. Sums run in at least float32, on the processor
/// in blocks; NaN and infinities propagate, also against a zero. Integers wrap; the processor has
/// the reference kernel for them only. Tensor cores of a GPU multiply 16 bits, summing in float32,
/// and float32 rounded to tf32 where a `ScopedTf32` allows it.
/// Source: Python Array API 2024.12, `matmul`.
/// Errors: kShape for a 0-d operand, for sizes k that differ and for leading axes that do not
/// broadcast; kDType for bool.
Tensor matmul(const Tensor& a, const Tensor& b);

/// a: dy bᵀ, b: aᵀ dy, summed over the leading axes along which an operand was broadcast.
/// dy has the shape of matmul(a, b). Errors: kShape as above.
GradientPair matmul_backward(const Tensor& dy, const Tensor& a, const Tensor& b,
                             PairMask wanted = {});

}  // namespace prova

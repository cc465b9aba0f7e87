#pragma once

#include "tensor/tensor.h"

namespace prova {

/// Softmax along an axis: y_i = exp(x_i) / sum_j exp(x_j), a probability for each element.
///
/// x: any shape with at least one axis, floating; y: the same shape and dtype. The largest element
/// is subtracted first, so no finite input overflows; sums run in at least float32. A row that
/// holds NaN or +inf, or only -inf, gives NaN.
/// Source: J. Bridle, 1990, "Probabilistic Interpretation of Feedforward Classification Network
/// Outputs". Errors: kIndex for the axis, kDType unless floating.
Tensor softmax(const Tensor& x, int64_t axis = -1);

/// dx = y * (dy - sum_axis dy * y), from the result y = softmax(x, axis).
/// Errors: kShape unless dy and y have one shape; kIndex and kDType as above.
Tensor softmax_backward(const Tensor& dy, const Tensor& y, int64_t axis = -1);

}  // namespace prova

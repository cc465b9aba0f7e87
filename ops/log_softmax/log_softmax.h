#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The logarithm of softmax along an axis: y_i = x_i - log(sum_j exp(x_j)).
///
/// x: any shape with at least one axis, floating; y: the same shape and dtype, at most 0. The
/// largest element is subtracted first, so no finite input overflows, and the logarithm is that of
/// a number in [1, cols], so none underflows to -inf; sums run in at least float32. The error is
/// relative to the largest |y| of a row. A -inf beside a finite element gives -inf; a row that
/// holds NaN or +inf, or only -inf, gives NaN.
/// Source: P. Blanchard, D. Higham, N. Higham, "Accurately computing the log-sum-exp and softmax
/// functions", 2021. Errors: kIndex for the axis, kDType unless floating.
Tensor log_softmax(const Tensor& x, int64_t axis = -1);

/// dx = dy - exp(y) * sum_axis dy, from the result y = log_softmax(x, axis).
/// Errors: kShape unless dy and y have one shape; kIndex and kDType as above.
Tensor log_softmax_backward(const Tensor& dy, const Tensor& y, int64_t axis = -1);

}  // namespace prova

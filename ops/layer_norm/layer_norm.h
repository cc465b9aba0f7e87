#pragma once

#include "ops/common/gradients.h"
#include "tensor/tensor.h"

namespace prova {

/// Layer normalization: y = weight * (x - mean) / sqrt(var + epsilon) + bias, with mean and
/// variance (divisor n, not n - 1) of the n elements of each sample.
///
/// A sample runs over the last axes of x: as many as weight has, or bias where weight is undefined,
/// or one where both are. x: any shape with these axes, floating; weight, bias: the sizes of these
/// axes, or undefined, which stands for ones and zeros; y: the shape and dtype of x. Deviations are
/// taken from the mean before they are squared, and the mean is corrected by their own mean, in at
/// least float32: an offset common to a sample costs no digits beyond those that x lost by it. A
/// sample of equal elements gives bias; one with NaN or an infinity gives NaN.
/// Source: J. Ba, J. Kiros, G. Hinton, "Layer Normalization", 2016. Errors: kShape where weight or
/// bias do not have the last sizes of x; kDType unless floating; kValue unless epsilon is finite
/// and at least 0.
Tensor layer_norm(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {},
                  double epsilon = 1e-5);

/// With z = (x - mean) / sqrt(var + epsilon) and g = weight * dy, a mean being that of a sample:
///   input  = (g - mean(g) - z * mean(g * z)) / sqrt(var + epsilon), in the dtype of x
///   weight = sum over samples of dy * z,  bias = sum over samples of dy, in the dtype of weight.
/// The axes of a sample are those of weight; where it is undefined, the last `axes` of x.
/// Errors: kShape unless dy has the shape of x; kValue unless 1 <= axes <= rank; others as above.
GradientTriple layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight = {},
                                   double epsilon = 1e-5, TripleMask wanted = {}, int axes = 1);

}  // namespace prova

#pragma once

#include "base/philox.h"
#include "tensor/tensor.h"

namespace prova {

/// Dropout, as in training: each element of x is kept with probability 1 - p and multiplied by
/// 1 / (1 - p), or replaced by 0, so that the expectation is x. In evaluation, leave it out.
///
/// x: any shape, floating; y: the same shape and dtype. Element i in row-major order is kept where
/// element i of `rand(shape, rng)` in float32 is at least p: the mask is the same for every dtype,
/// kernel and number of threads. Takes ceil(n / 4) blocks of the generator, whatever p is. p = 0
/// gives x; p = 1 gives zeros, and so does every dropped element, NaN and infinity included.
/// Source: N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
/// Overfitting", JMLR 2014. Errors: kDType unless floating, kValue unless 0 <= p <= 1.
Tensor dropout(const Tensor& x, double p, Rng& rng);

/// The mask that `dropout` of a tensor of this shape uses with the generator in this state: a
/// tensor of bool, true where an element is kept. Errors: kValue as above.
Tensor dropout_mask(const Shape& shape, double p, Rng& rng);

/// dx = dy / (1 - p) where the mask is true, else 0.
/// Errors: kShape unless dy and mask have one shape; kDType unless dy is floating and the mask
/// bool; kValue as above.
Tensor dropout_backward(const Tensor& dy, const Tensor& mask, double p);

}  // namespace prova

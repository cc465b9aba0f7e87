#pragma once

#include "tensor/tensor.h"

namespace prova {

/// The rectified linear unit of every element, y = max(x, 0).
///
/// x: any shape, floating; y: the same shape and dtype. Exact; relu(-0) = 0, relu(NaN) = NaN.
/// Source: V. Nair, G. Hinton, 2010, "Rectified Linear Units Improve Restricted Boltzmann
/// Machines". Errors: kDType unless floating.
Tensor relu(const Tensor& x);

/// dx = dy where x > 0, else 0: at the kink, x = 0, and for NaN too.
/// Errors: kShape unless dy and x have one shape; kDType unless floating.
Tensor relu_backward(const Tensor& dy, const Tensor& x);

}  // namespace prova

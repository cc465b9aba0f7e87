#pragma once

#include "ops/common/reduce.h"
#include "tensor/tensor.h"

namespace prova {

/// FILL IN: what it computes over some of the axes of x (none given: over all), which the result
/// drops or keeps with size 1.
///
/// x: any shape, floating; y: the same dtype.
/// FILL IN: the result for no elements, the numerics promise and the source. Errors: kIndex for an
/// axis out of range, kValue for one named twice, kDType unless floating.
Tensor $name(const Tensor& x, const Dims& axes = {}, const ReduceOptions& options = {});

/// FILL IN: the gradient; dy may keep the reduced axes or not. Errors: kShape unless dy has the
/// shape of such a reduction of x; kIndex, kValue and kDType as above.
Tensor ${name}_backward(const Tensor& dy, const Tensor& x, const Dims& axes = {});

}  // namespace prova

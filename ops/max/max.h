#pragma once

#include "ops/common/reduce.h"
#include "tensor/tensor.h"

namespace prova {

/// The largest element of x over some of its axes (none given: over all), which the result drops
/// or keeps with size 1.
///
/// x: any shape, any numeric dtype; y: the same dtype, exact. A NaN among the elements gives NaN.
/// Whether -0 or +0 is larger is left open. Gradients split equally among the elements that are
/// largest; integers have none. Source: Python Array API 2024.12, `max`; IEEE 754-2019, 9.6,
/// `maximum`. Errors: kValue where there is no element to choose from; kDType for bool; kIndex for
/// an axis out of range, kValue for one named twice.
Tensor max(const Tensor& x, const Dims& axes = {}, const ReduceOptions& options = {});

/// dx = dy / k at each of the k largest elements along the reduced axes (at the NaNs where there
/// are any), else 0. Reduced axes may be kept or dropped in dy. Its own derivative with respect to
/// x is zero wherever it exists. Errors: kShape unless dy has the shape of such a maximum; kDType
/// unless both are floating; others as above.
Tensor max_backward(const Tensor& dy, const Tensor& x, const Dims& axes = {});

}  // namespace prova

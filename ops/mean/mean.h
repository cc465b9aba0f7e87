#pragma once

#include "ops/common/reduce.h"
#include "tensor/tensor.h"

namespace prova {

/// The arithmetic mean of x over some of its axes (none given: over all), which the result drops
/// or keeps with size 1.
///
/// x: any shape, floating; y: the same dtype. The sum is formed as `sum` does, in at least float32,
/// and divided before it is narrowed: a mean of float16 numbers does not overflow. The mean of
/// nothing is NaN. The same bits for any number of threads.
/// Source: Python Array API 2024.12, `mean`. Errors: kDType unless floating; kIndex for an axis out
/// of range, kValue for one named twice.
Tensor mean(const Tensor& x, const Dims& axes = {}, const ReduceOptions& options = {});

/// dy / n repeated along the axes that were averaged, n elements each: dx in `shape`. Reduced axes
/// may be kept or dropped in dy. Errors: kShape unless dy has the shape of such a mean; others as
/// above.
Tensor mean_backward(const Tensor& dy, const Shape& shape, const Dims& axes = {});

}  // namespace prova

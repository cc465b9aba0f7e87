#pragma once

#include "ops/common/reduce.h"
#include "tensor/tensor.h"

namespace prova {

/// The sum of x over some of its axes (none given: over all), which the result drops or keeps with
/// size 1.
///
/// x: any shape and dtype. y: x's dtype where that is floating, else int64, in which integers wrap
/// and true counts as 1. An empty sum is 0. Floating numbers are added as a tree, in at least
/// float32: the error is at most (28 + log2(n)) * eps * sum |x|. The tree depends on sizes alone,
/// so results are the same bits for any number of threads.
/// Source: N. Higham, "The Accuracy of Floating Point Summation", 1993; Python Array API 2024.12,
/// `sum`. Errors: kIndex for an axis out of range, kValue for one named twice.
Tensor sum(const Tensor& x, const Dims& axes = {}, const ReduceOptions& options = {});

/// dy repeated along the axes that were summed: dx in `shape`, a view of dy. Reduced axes may be
/// kept or dropped in dy. Errors: kShape unless dy has the shape of such a sum; kIndex, kValue as
/// above; kDType unless dy is floating.
Tensor sum_backward(const Tensor& dy, const Shape& shape, const Dims& axes = {});

}  // namespace prova

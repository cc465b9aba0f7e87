#pragma once

#include <limits>
#include <optional>

#include "tensor/tensor.h"

namespace prova {

/// One axis of `slice`: Python's start:stop:step.
struct SliceSpec {
  std::optional<int64_t> start = {};  ///< default: the first element in the direction of `step`
  std::optional<int64_t> stop = {};   ///< exclusive; default: past the last one
  int64_t step = 1;                   ///< not 0; negative walks backwards
};

/// Geometry alone: new handles over the same storage, nothing copied, nothing recorded. Users call
/// the differentiable functions of `autograd/movement.h`, which are built from these.
namespace view {

/// `axis` limited to start:stop:step; bounds beyond the ends are clamped as in Python.
/// Errors: kIndex for the axis, kValue for step 0.
Tensor Slice(const Tensor& x, int64_t axis, const SliceSpec& spec);

/// Axis i of the result is axis `order[i]` of x. Errors: kIndex for an axis out of range, kValue
/// unless `order` names every axis once.
Tensor Permute(const Tensor& x, const Dims& order);

/// Axes of size 1 repeated, new axes added in front, with stride 0. -1 keeps a size.
/// Errors: kShape where x does not broadcast to `shape`.
Tensor Expand(const Tensor& x, const Shape& shape, const char* where = "expand");

/// The shape that `reshape` means: one -1 is inferred. Errors: kShape where sizes do not fit.
Shape InferShape(const Tensor& x, const Shape& shape);

/// Strides under which `shape` views the elements of x in row-major order, where they exist;
/// `shape` must have as many elements as x.
std::optional<Strides> ViewStrides(const Tensor& x, const Shape& shape);

/// x under another shape: a view where `ViewStrides` has one, else of a copy.
Tensor Reshape(const Tensor& x, const Shape& shape);

/// Without the given axes of size 1 (all of them when none is given).
/// Errors: kIndex, kShape for an axis of another size.
Tensor Squeeze(const Tensor& x, const Dims& axes);

/// With a new axis of size 1 at `axis`, -rank-1..rank. Errors: kIndex.
Tensor Unsqueeze(const Tensor& x, int64_t axis);

}  // namespace view
}  // namespace prova

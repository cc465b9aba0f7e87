#include "tensor/view.h"

#include <algorithm>

#include "base/text.h"
#include "tensor/strided.h"

namespace prova::view {
namespace {

Tensor WithGeometry(const Tensor& x, const Shape& shape, const Strides& strides,
                    int64_t offset_change = 0) {
  return Tensor(x.storage(), x.dtype(), shape, strides, x.offset() + offset_change);
}

}  // namespace

Tensor Slice(const Tensor& x, int64_t axis, const SliceSpec& spec) {
  const int i = NormalizeAxis(axis, x.shape(), "slice");
  if (spec.step == 0) {
    Fail(ErrorCode::kValue, {.where = "slice", .given = "step 0", .need = "a step other than 0"});
  }
  const int64_t size = x.shape()[i];
  const bool forward = spec.step > 0;
  // Bounds live in 0..size going forward, in -1..size-1 going backward.
  const int64_t low = forward ? 0 : -1, high = forward ? size : size - 1;
  auto bound = [&](std::optional<int64_t> given, int64_t otherwise) {
    if (!given) return otherwise;
    const int64_t from_front = *given < 0 ? *given + size : *given;
    return std::clamp(from_front, low, high);
  };
  const int64_t start = bound(spec.start, forward ? low : high);
  const int64_t stop = bound(spec.stop, forward ? high : low);
  const int64_t distance = forward ? stop - start : start - stop;
  // Unsigned: the magnitude of the smallest int64 has no signed form.
  const uint64_t step = forward ? uint64_t(spec.step) : uint64_t{0} - uint64_t(spec.step);
  Shape shape = x.shape();
  shape[i] = distance <= 0 ? 0 : static_cast<int64_t>((uint64_t(distance) - 1) / step) + 1;
  Strides strides = x.strides();
  if (shape[i] > 1) strides[i] *= spec.step;
  return WithGeometry(x, shape, strides, shape[i] > 0 ? start * x.strides()[i] : 0);
}

Tensor Permute(const Tensor& x, const Dims& order) {
  Dims seen = Dims::Filled(x.rank(), 0);
  Shape shape;
  Strides strides;
  bool valid = order.rank() == x.rank();
  for (int64_t axis : order) {
    if (!valid) break;
    const int i = NormalizeAxis(axis, x.shape(), "permute");
    valid = seen[i]++ == 0;
    shape.push_back(x.shape()[i]);
    strides.push_back(x.strides()[i]);
  }
  if (!valid) {
    Fail(ErrorCode::kValue, {.where = "permute",
                             .given = Cat("order ", order, " for shape ", x.shape()),
                             .need = "every axis exactly once"});
  }
  return WithGeometry(x, shape, strides);
}

Tensor Expand(const Tensor& x, const Shape& shape, const char* where) {
  const int added = shape.rank() - x.rank();
  Shape result = shape;
  Strides strides = Dims::Filled(shape.rank(), 0);
  bool valid = added >= 0;
  for (int i = 0; valid && i < shape.rank(); ++i) {
    if (i < added) {
      valid = shape[i] >= 0;
      continue;
    }
    const int64_t size = x.shape()[i - added];
    if (shape[i] == -1) result[i] = size;
    valid = result[i] == size || (size == 1 && result[i] >= 0);
    strides[i] = size == result[i] ? x.strides()[i - added] : 0;
  }
  if (!valid) {
    Fail(ErrorCode::kShape, {.where = where,
                             .given = Cat("shape ", x.shape(), " to ", shape),
                             .need = "sizes that are equal or 1, counted from the back"});
  }
  return WithGeometry(x, result, strides);
}

Shape InferShape(const Tensor& x, const Shape& shape) {
  Shape result = shape;
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  int64_t known = empty ? 0 : 1;
  int inferred = -1;
  bool valid = true;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == -1) {
      valid = valid && inferred == -1;
      inferred = i;
    } else {
      valid = valid && shape[i] >= 0;
      valid = valid && (empty || !__builtin_mul_overflow(known, shape[i], &known));
    }
  }
  if (valid && inferred >= 0) {
    valid = known > 0 && x.numel() % known == 0;
    if (valid) result[inferred] = x.numel() / known;
  } else if (valid) {
    valid = known == x.numel();
  }
  if (!valid) {
    Fail(ErrorCode::kShape, {.where = "reshape",
                             .given = Cat("shape ", x.shape(), " to ", shape),
                             .need = Cat(x.numel(), " elements, with at most one size of -1")});
  }
  return result;
}

std::optional<Strides> ViewStrides(const Tensor& x, const Shape& shape) {
  if (x.numel() == 0) return ContiguousStrides(shape);
  // Runs of evenly spaced elements, from the back, are cut into the wanted sizes.
  const JointGeometry runs = Collapse(x.shape(), {&x.strides()});
  int run = runs.shape.rank() - 1;
  int64_t left = runs.shape[run], step = runs.strides[0][run];
  Strides strides = Dims::Filled(shape.rank(), 1);
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] == 1) continue;
    if (left == 1) {
      --run;
      left = runs.shape[run];
      step = runs.strides[0][run];
    }
    if (left % shape[i] != 0) return std::nullopt;
    strides[i] = step;
    step *= shape[i];
    left /= shape[i];
  }
  return strides;
}

Tensor Reshape(const Tensor& x, const Shape& shape) {
  const Shape inferred = InferShape(x, shape);
  if (auto strides = ViewStrides(x, inferred)) return WithGeometry(x, inferred, *strides);
  const Tensor copy = Contiguous(x);
  return WithGeometry(copy, inferred, ContiguousStrides(inferred));
}

Tensor Squeeze(const Tensor& x, const Dims& axes) {
  Shape shape;
  Strides strides;
  const Dims chosen = NormalizeAxes(axes, x.shape(), "squeeze");
  for (int i = 0; i < x.rank(); ++i) {
    const bool named = std::find(chosen.begin(), chosen.end(), i) != chosen.end();
    if (named && !axes.empty() && x.shape()[i] != 1) {
      Fail(ErrorCode::kShape, {.where = "squeeze",
                               .given = Cat("axis ", i, " of shape ", x.shape()),
                               .need = "an axis of size 1"});
    }
    if (named && x.shape()[i] == 1) continue;
    shape.push_back(x.shape()[i]);
    strides.push_back(x.strides()[i]);
  }
  return WithGeometry(x, shape, strides);
}

Tensor Unsqueeze(const Tensor& x, int64_t axis) {
  const int rank = x.rank();
  if (axis < -rank - 1 || axis > rank) {
    Fail(ErrorCode::kIndex, {.where = "unsqueeze",
                             .given = Cat("axis ", axis, " for shape ", x.shape()),
                             .need = Cat(-rank - 1, "..", rank)});
  }
  const int i = static_cast<int>(axis < 0 ? axis + rank + 1 : axis);
  Shape shape = x.shape();
  Strides strides = x.strides();
  shape.insert(i, 1);
  strides.insert(i, 1);
  return WithGeometry(x, shape, strides);
}

}  // namespace prova::view

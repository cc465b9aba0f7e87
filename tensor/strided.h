#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "tensor/tensor.h"

namespace prova {

/// A float that rounds to 16 bits as `value` itself would: where `value` lies between two floats,
/// the one with an odd last bit, so that no tie appears that was none (S. Boldo, G. Melquiond,
/// 2008).
constexpr float RoundToOdd(double value) {
  const float nearest = static_cast<float>(value);
  const double rounded = nearest;
  if (rounded == value || value != value) return nearest;
  const uint32_t away = (rounded < 0 ? -rounded : rounded) > (value < 0 ? -value : value);
  return std::bit_cast<float>((std::bit_cast<uint32_t>(nearest) - away) | 1);
}

/// One element as another type. Floating to integer truncates towards zero and saturates, NaN gives
/// 0; integer to integer wraps; anything but zero is true; to a floating type rounds to nearest.
template <typename To, typename From>
constexpr To ConvertElement(From value) {
  constexpr bool from_float = std::is_floating_point_v<From> || std::is_same_v<From, float16> ||
                              std::is_same_v<From, bfloat16>;
  if constexpr (std::is_same_v<To, bool>) {
    if constexpr (from_float) return static_cast<double>(value) != 0.0;
    return value != From(0);
  } else if constexpr (std::is_same_v<To, float16> || std::is_same_v<To, bfloat16>) {
    if constexpr (sizeof(From) <= 2 || std::is_same_v<From, float>) {
      return To(static_cast<float>(value));
    } else {
      return To(RoundToOdd(static_cast<double>(value)));
    }
  } else if constexpr (from_float && std::is_integral_v<To>) {
    const double number = static_cast<double>(value);
    if (number != number) return 0;  // NaN
    // The largest int64 is no double; its successor 2^63 is.
    constexpr double kEnd = 2.0 * (std::numeric_limits<To>::max() / 2 + 1);
    if (number >= kEnd) return std::numeric_limits<To>::max();
    if (number <= static_cast<double>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    return static_cast<To>(number);
  } else {
    return static_cast<To>(value);
  }
}

/// Calls `visit(offset)` for each element of a strided tensor in row-major order.
template <typename Visit>
void ForEachOffset(const Shape& shape, const Strides& strides, Visit&& visit) {
  if (NumElements(shape) == 0) return;
  Dims index = Dims::Filled(shape.rank(), 0);
  int64_t offset = 0;
  while (true) {
    visit(offset);
    int axis = shape.rank() - 1;
    for (; axis >= 0; --axis) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/// Several operands walked together: axes of size 1 dropped and neighbours joined wherever every
/// operand steps through both evenly, so that the innermost loop is as long as it can be. Without
/// elements: one axis of size 0.
struct JointGeometry {
  static constexpr int kMaxOperands = 4;
  Shape shape;  ///< at least one axis; the last is the innermost loop
  /// One entry an operand, as many axes as `shape`.
  Strides strides[kMaxOperands] = {Strides(Dims::Unfilled()), Strides(Dims::Unfilled()),
                                   Strides(Dims::Unfilled()), Strides(Dims::Unfilled())};
  int operands = 0;
};
JointGeometry Collapse(const Shape& shape, std::initializer_list<const Strides*> strides);
/// That of one axis of n elements, along which each operand has its step.
inline JointGeometry OneAxis(int64_t n, std::initializer_list<int64_t> steps) {
  JointGeometry result;
  result.shape.push_back(n);
  for (int64_t step : steps) result.strides[result.operands++].push_back(step);
  return result;
}

/// Calls `visit(offsets, count)` for the pieces of innermost loops that make up the elements
/// begin..end-1 in row-major order; `offsets` has the first element of the piece in each operand.
template <typename Visit>
void ForEachRun(const JointGeometry& geometry, int64_t begin, int64_t end, Visit&& visit) {
  const int inner = geometry.shape.rank() - 1;
  const int64_t length = geometry.shape[inner];
  if (begin >= end) return;
  int64_t offsets[JointGeometry::kMaxOperands] = {};
  if (inner == 0) {
    for (int k = 0; k < geometry.operands; ++k) offsets[k] = begin * geometry.strides[k][0];
    return visit(static_cast<const int64_t*>(offsets), end - begin);
  }
  Dims index = Dims::Filled(inner + 1, 0);
  for (int64_t rest = begin, axis = inner; axis >= 0; --axis) {
    index[axis] = rest % geometry.shape[axis];
    rest /= geometry.shape[axis];
    for (int k = 0; k < geometry.operands; ++k) {
      offsets[k] += index[axis] * geometry.strides[k][axis];
    }
  }
  while (begin < end) {
    const int64_t count = std::min(length - index[inner], end - begin);
    visit(static_cast<const int64_t*>(offsets), count);
    begin += count;
    // The next row starts at inner index 0; carry into the outer axes.
    for (int k = 0; k < geometry.operands; ++k) {
      offsets[k] -= index[inner] * geometry.strides[k][inner];
    }
    index[inner] = 0;
    for (int axis = inner - 1; axis >= 0; --axis) {
      for (int k = 0; k < geometry.operands; ++k) offsets[k] += geometry.strides[k][axis];
      if (++index[axis] < geometry.shape[axis]) break;
      for (int k = 0; k < geometry.operands; ++k) {
        offsets[k] -= geometry.strides[k][axis] * geometry.shape[axis];
      }
      index[axis] = 0;
    }
  }
}

/// Copies elements of `source` into `target` of the same shape, converting the dtype; from one
/// device to another if need be.
void CopyElements(const Tensor& source, const Tensor& target);

/// x itself where it is on `device`, else a contiguous copy there. Errors: kDevice, kMemory.
Tensor To(const Tensor& x, const Device& device);

/// A contiguous tensor with storage of its own.
Tensor Copy(const Tensor& x);

/// x itself where it is contiguous, else a contiguous copy.
Tensor Contiguous(const Tensor& x);

/// x itself where it has that dtype, else a contiguous converted copy.
Tensor Cast(const Tensor& x, DType dtype);

/// target += source, where elements of the target that share a place (stride 0) receive their sum,
/// added in double, in a fixed order for any number of threads. Shape and dtype are the same.
/// Errors: kDType unless floating.
void AccumulateElements(const Tensor& source, const Tensor& target);

}  // namespace prova

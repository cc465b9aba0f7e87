#include "tensor/shape.h"

#include <algorithm>
#include <ostream>

#include "base/error.h"
#include "base/text.h"

namespace prova {
namespace {

// Errors are raised out of line: every operation counts elements and axes.
[[noreturn, gnu::cold, gnu::noinline]] void FailNegative(const Shape& shape) {
  Fail(ErrorCode::kShape,
       {.where = "shape", .given = Cat("negative size in ", shape), .need = "sizes >= 0"});
}

[[noreturn, gnu::cold, gnu::noinline]] void FailTooLarge(const Shape& shape) {
  Fail(ErrorCode::kShape, {.where = "shape",
                           .given = Cat("the size of ", shape, " overflows"),
                           .need = "at most 2^63 - 1 elements"});
}

[[noreturn, gnu::cold, gnu::noinline]] void FailAxis(int64_t axis, const Shape& shape,
                                                     const char* where) {
  const int rank = shape.rank();
  Fail(ErrorCode::kIndex,
       {.where = where,
        .given = Cat("axis ", axis, " is out of range for shape ", shape),
        .need = rank == 0 ? "a tensor with at least one axis" : Cat(-rank, "..", rank - 1)});
}

}  // namespace

void Dims::TooManyAxes(int64_t rank) {
  Fail(ErrorCode::kShape, {.where = "shape",
                           .given = Cat(rank, " axes"),
                           .need = Cat("at most ", kMaxRank),
                           .hint = "reshape to join axes"});
}

Dims Dims::Filled(int rank, int64_t value) {
  if (rank > kMaxRank) TooManyAxes(rank);
  Dims dims;
  dims.rank_ = rank;
  std::fill(dims.begin(), dims.end(), value);
  return dims;
}

void Dims::insert(int position, int64_t value) {
  if (rank_ == kMaxRank) TooManyAxes(rank_ + 1);
  ++rank_;
  std::copy_backward(begin() + position, end() - 1, end());
  values_[position] = value;
}

void Dims::erase(int position) {
  std::copy(begin() + position + 1, end(), begin() + position);
  --rank_;
}

std::string ToString(const Dims& dims) {
  std::string text = "[";
  for (int i = 0; i < dims.rank(); ++i) text += (i > 0 ? ", " : "") + std::to_string(dims[i]);
  return text + "]";
}

std::ostream& operator<<(std::ostream& out, const Dims& dims) { return out << ToString(dims); }

int64_t NumElements(const Shape& shape) {
  int64_t count = 1;
  bool empty = false, overflows = false;
  for (int64_t size : shape) {
    if (size < 0) FailNegative(shape);
    empty |= size == 0;
    overflows |= __builtin_mul_overflow(count, size, &count);
  }
  if (empty) return 0;
  if (overflows) FailTooLarge(shape);
  return count;
}

Strides ContiguousStrides(const Shape& shape) {
  Strides strides = Dims::Filled(shape.rank(), 1);
  // The other sizes of an empty tensor may have a product beyond int64.
  if (std::ranges::find(shape, 0) != shape.end()) return strides;
  for (int i = shape.rank() - 2; i >= 0; --i) {
    strides[i] = static_cast<int64_t>(static_cast<uint64_t>(strides[i + 1]) * shape[i + 1]);
  }
  return strides;
}

Shape BroadcastShapes(const Shape& a, const Shape& b, const char* where) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const int offset = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    int64_t& size = result[offset + i];
    if (size == 1) {
      size = shorter[i];
    } else if (shorter[i] != 1 && shorter[i] != size) {
      Fail(ErrorCode::kShape,
           {.where = where,
            .given = Cat("shapes ", a, " and ", b, " differ at axis ", i - shorter.rank()),
            .need = "equal sizes or 1 on every axis, counted from the back"});
    }
  }
  return result;
}

int NormalizeAxis(int64_t axis, const Shape& shape, const char* where) {
  const int rank = shape.rank();
  if (axis < -rank || axis >= rank) FailAxis(axis, shape, where);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Dims NormalizeAxes(const Dims& axes, const Shape& shape, const char* where) {
  Dims result;
  if (axes.empty()) {
    for (int i = 0; i < shape.rank(); ++i) result.push_back(i);
    return result;
  }
  for (int64_t axis : axes) {
    const int64_t normal = NormalizeAxis(axis, shape, where);
    if (std::find(result.begin(), result.end(), normal) != result.end()) {
      Fail(ErrorCode::kValue, {.where = where,
                               .given = Cat("axis ", axis, " appears twice in ", axes),
                               .need = "every axis once"});
    }
    result.push_back(normal);
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace prova

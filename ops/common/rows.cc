#include "ops/common/rows.h"

#include <algorithm>

#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

/// The order of axes with `axis` last.
Dims AxisLast(int rank, int axis) {
  Dims order;
  for (int i = 0; i < rank; ++i) {
    if (i != axis) order.push_back(i);
  }
  order.push_back(axis);
  return order;
}

}  // namespace

Tensor ToRows(const Tensor& x, int axis, DType dtype) {
  const int64_t cols = x.shape()[axis];
  int64_t rows = 1;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != axis) rows *= x.shape()[i];
  }
  const bool is_last = axis == x.rank() - 1;
  const Tensor in = ForKernel(is_last ? x : view::Permute(x, AxisLast(x.rank(), axis)), dtype);
  // A view costs as much as some rows.
  return is_last && x.rank() == 2 ? in : view::Reshape(in, {rows, cols});
}

Tensor FromRows(const Tensor& rows, const Tensor& like, int axis) {
  if (axis == like.rank() - 1) {
    return Cast(like.rank() == 2 ? rows : view::Reshape(rows, like.shape()), like.dtype());
  }
  const Dims order = AxisLast(like.rank(), axis);
  Shape moved = order;
  Dims inverse = order;
  for (int i = 0; i < like.rank(); ++i) {
    moved[i] = like.shape()[order[i]];
    inverse[order[i]] = i;
  }
  const Tensor y = view::Permute(view::Reshape(rows, moved), inverse);
  return Contiguous(Cast(y, like.dtype()));
}

}  // namespace prova

#include "ops/embedding/embedding.h"

#include <algorithm>
#include <vector>

#include "autograd/tape.h"
#include "ops/embedding/embedding_kernels.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

/// Where an element stands, its place in row-major order given.
Dims PositionOf(int64_t place, const Shape& shape) {
  Dims position = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    position[axis] = place % shape[axis];
    place /= shape[axis];
  }
  return position;
}

/// The indices as int64 in 0..rows-1, in row-major order.
std::vector<int64_t> RowIndices(const char* op, const Tensor& indices, int64_t rows) {
  if (indices.dtype() != DType::kInt32 && indices.dtype() != DType::kInt64) {
    Fail(ErrorCode::kDType, {.where = op,
                             .given = Cat("indices of ", indices.dtype()),
                             .need = "int32 or int64",
                             .hint = "convert with cast(x, DType::kInt64)"});
  }
  std::vector<int64_t> index = indices.to_vector<int64_t>();
  for (size_t i = 0; i < index.size(); ++i) {
    if (index[i] < -rows || index[i] >= rows) {
      Fail(ErrorCode::kIndex,
           {.where = op,
            .given = Cat("index ", index[i], " at position ",
                         PositionOf(static_cast<int64_t>(i), indices.shape()),
                         " is out of range for ", rows, " rows"),
            .need = rows > 0 ? Cat(-rows, "..", rows - 1) : "a table with at least one row"});
    }
    if (index[i] < 0) index[i] += rows;
  }
  return index;
}

}  // namespace

// #region forward
Tensor embedding(const Tensor& indices, const Tensor& weight) {
  RequireFloating("embedding", weight);
  if (weight.rank() != 2) {
    Fail(ErrorCode::kShape, {.where = "embedding",
                             .given = Cat("a weight of shape ", weight.shape()),
                             .need = "[rows, dim]"});
  }
  const int64_t rows = weight.size(0), dim = weight.size(1);
  const std::vector<int64_t> index = RowIndices("embedding", indices, rows);
  Shape shape = indices.shape();
  shape.push_back(dim);
  const Tensor table = Contiguous(weight);
  const Tensor y = empty(shape, {.dtype = weight.dtype(), .device = weight.device()});
  Choose("embedding", kEmbeddingKernels, weight.dtype(),
         weight.device())({index.data(), static_cast<const uint8_t*>(table.raw_data()),
                           static_cast<uint8_t*>(y.raw_mutable_data()),
                           static_cast<int64_t>(index.size()), dim * ItemSize(weight.dtype())});
  return Record("embedding", {indices, weight}, y,
                [rows](const Tensor& dy, const Saved& saved) -> Tensors {
                  return {Tensor(), embedding_backward(dy, saved.input(0), rows)};
                });
}
// #endregion forward

// #region gradient
Tensor embedding_backward(const Tensor& dy, const Tensor& indices, int64_t rows) {
  RequireFloating("embedding_backward", dy);
  Shape expected = indices.shape();
  expected.push_back(dy.rank() > 0 ? dy.shape().back() : 0);
  if (dy.shape() != expected) {
    Fail(ErrorCode::kShape, {.where = "embedding_backward",
                             .given = Cat("a gradient of shape ", dy.shape(),
                                          " for indices of shape ", indices.shape()),
                             .need = "the shape of the indices and one more axis"});
  }
  const std::vector<int64_t> index = RowIndices("embedding_backward", indices, rows);

  // Sort positions by index, counting: those of row r end up at starts[r]..starts[r + 1] - 1.
  std::vector<int64_t> starts(static_cast<size_t>(rows) + 1), order(index.size());
  for (int64_t row : index) ++starts[row + 1];
  for (int64_t row = 0; row < rows; ++row) starts[row + 1] += starts[row];
  std::vector<int64_t> next = starts;
  for (size_t i = 0; i < index.size(); ++i) order[next[index[i]]++] = static_cast<int64_t>(i);

  const Tensor upstream = ForKernel(dy);
  const Tensor dweight = empty({rows, expected.back()}, {.dtype = upstream.dtype()});
  Choose("embedding_backward", kEmbeddingBackwardKernels, dy.dtype(),
         dy.device())({upstream.dtype(), upstream.raw_data(), order.data(), starts.data(),
                       dweight.raw_mutable_data(), rows, expected.back()});
  // The sum over repeated indices is linear; its adjoint looks rows up again.
  return Record("embedding_backward", {dy, indices}, Cast(dweight, dy.dtype()),
                [](const Tensor& ddweight, const Saved& saved) -> Tensors {
                  return {embedding(saved.input(1), ddweight), Tensor()};
                });
}
// #endregion gradient

}  // namespace prova

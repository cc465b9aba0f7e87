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

/// Zeros that the processor counts with and a kernel reads.
Tensor Numbers(int64_t n) { return zeros({n}, {.dtype = DType::kInt64, .device = kCpu}); }

/// The indices in 0..rows-1, in row-major order, on the processor.
Tensor RowIndices(const char* op, const Tensor& indices, int64_t rows) {
  if (indices.dtype() != DType::kInt32 && indices.dtype() != DType::kInt64) {
    Fail(ErrorCode::kDType, {.where = op,
                             .given = Cat("indices of ", indices.dtype()),
                             .need = "int32 or int64",
                             .hint = "cast it to int64"});
  }
  const Tensor given = Contiguous(Cast(To(indices, kCpu), DType::kInt64));
  const Tensor result = empty({indices.numel()}, {.dtype = DType::kInt64, .device = kCpu});
  const int64_t* index = given.data<int64_t>();
  int64_t* row = result.mutable_data<int64_t>();
  for (int64_t i = 0; i < result.numel(); ++i) {
    if (index[i] < -rows || index[i] >= rows) {
      Fail(ErrorCode::kIndex,
           {.where = op,
            .given = Cat("index ", index[i], " at position ", PositionOf(i, indices.shape()),
                         " is out of range for ", rows, " rows"),
            .need = rows > 0 ? Cat(-rows, "..", rows - 1) : "a table with at least one row"});
    }
    row[i] = index[i] < 0 ? index[i] + rows : index[i];
  }
  return result;
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
  const Tensor index = To(RowIndices("embedding", indices, rows), weight.device());
  Shape shape = indices.shape();
  shape.push_back(dim);
  const Tensor table = Contiguous(weight);
  const Tensor y = empty(shape, {.dtype = weight.dtype(), .device = weight.device()});
  Choose("embedding", kEmbeddingKernels, weight.dtype(), weight.device())(
      {index.data<int64_t>(), static_cast<const uint8_t*>(table.raw_data()),
       static_cast<uint8_t*>(y.raw_mutable_data()), index.numel(), dim * ItemSize(weight.dtype())});
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
  const Tensor index = RowIndices("embedding_backward", indices, rows);
  const int64_t count = index.numel(), *row = index.data<int64_t>();

  // Sort positions by index, counting: those of row r end up at starts[r]..starts[r + 1] - 1.
  const Tensor starts = Numbers(rows + 1), order = Numbers(count);
  int64_t* start = starts.mutable_data<int64_t>();
  for (int64_t i = 0; i < count; ++i) ++start[row[i] + 1];
  for (int64_t r = 0; r < rows; ++r) start[r + 1] += start[r];
  int64_t* position = order.mutable_data<int64_t>();
  std::vector<int64_t> next(start, start + rows + 1);
  for (int64_t i = 0; i < count; ++i) position[next[row[i]]++] = i;

  const auto kernel =
      Choose("embedding_backward", kEmbeddingBackwardKernels, dy.dtype(), dy.device());
  const Tensor upstream = ForKernel(dy, kernel.dtype);
  const Tensor dweight =
      empty({rows, expected.back()}, {.dtype = upstream.dtype(), .device = dy.device()});
  const Tensor order_there = To(order, dy.device()), starts_there = To(starts, dy.device());
  kernel({upstream.dtype(), upstream.raw_data(), order_there.data<int64_t>(),
          starts_there.data<int64_t>(), dweight.raw_mutable_data(), rows, expected.back(), count});
  // The sum over repeated indices is linear; its adjoint looks rows up again.
  return Record("embedding_backward", {dy, indices}, Cast(dweight, dy.dtype()),
                [](const Tensor& ddweight, const Saved& saved) -> Tensors {
                  return {embedding(saved.input(1), ddweight), Tensor()};
                });
}
// #endregion gradient

}  // namespace prova

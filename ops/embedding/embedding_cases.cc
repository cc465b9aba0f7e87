#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/embedding/embedding.h"
#include "ops/embedding/embedding_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

Tensor Run(const Tensors& in) { return prova::embedding(in[0], in[1]); }

/// Indices count from the first row or, where `low` is -rows, also back from behind the last.
std::vector<InputSpec> Inputs(const Shape& indices, int64_t low, int64_t rows, int64_t dim,
                              DType dtype) {
  return {{.shape = indices,
           .kind = InputSpec::Kind::kIndex,
           .low = static_cast<double>(low),
           .high = static_cast<double>(rows),
           .dtype = dtype},
          {.shape = {rows, dim}, .affine = true}};
}

OpCase Of(const Shape& indices, int64_t rows, int64_t dim, DType dtype = DType::kInt64) {
  return {.name = Cat(dtype, indices, "_weight", Shape{rows, dim}),
          .inputs = Inputs(indices, -rows, rows, dim, dtype),
          .run = Run,
          .call = PythonCall("a, b"),
          // Elements are copied.
          .tolerance = {.epsilons = 0},
          .check_gradient = NumElements(indices) * dim > 0};
}

}  // namespace

OpSpec embedding() {
  std::vector<OpCase> all = {Of({}, 5, 3), Of({4}, 5, 3, DType::kInt32), Of({2, 3}, 7, 4),
                             Of({2, 1, 3}, 1, 2), Of({0}, 5, 3), Of({0}, 0, 3), Of({3}, 5, 0),
                             // Every row named often: several leaves of the tree. Too large for
                             // differences, which would move each of 10,450 cotangents.
                             Of({550}, 3, 19)};
  for (int64_t dim : LengthsAroundVectors()) {
    if (dim > 0) all.push_back(Of({6}, 4, dim));
  }
  auto bench = [](const std::string& name, const Shape& indices, int64_t rows,
                  int64_t dim) -> BenchCase {
    const double count = static_cast<double>(NumElements(indices));
    const double width = static_cast<double>(dim);
    // PyTorch knows no negative indices.
    return {name,          Inputs(indices, 0, rows, dim, DType::kInt64),
            Run,           count * (2 * width * 4 + 8),
            count * width, "F.embedding(a, b)"};
  };
  return {
      .name = "embedding",
      .definition = "loop",
      .vjp = "embedding_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kEmbeddingKernels),
      .cases = std::move(all),
      .bad = {{"above",
               [] {
                 prova::embedding(tensor({{0, 1}, {5, 2}}), zeros({5, 3}));
               },
               ErrorCode::kIndex,
               "embedding: index 5 at position [1, 0] is out of range for 5 rows; need -5..4"},
              {"below",
               [] {
                 prova::embedding(tensor({4, -6}), zeros({5, 3}));
               },
               ErrorCode::kIndex,
               "embedding: index -6 at position [1] is out of range for 5 rows; need -5..4"},
              {"no_rows",
               [] {
                 prova::embedding(tensor(0), zeros({0, 3}));
               },
               ErrorCode::kIndex,
               "embedding: index 0 at position [] is out of range for 0 rows; need a table with at "
               "least one row"},
              {"indices",
               [] {
                 prova::embedding(tensor({1.0}), zeros({5, 3}));
               },
               ErrorCode::kDType,
               "embedding: indices of float32; need int32 or int64; cast it to int64"},
              {"weight_dtype",
               [] {
                 prova::embedding(tensor({1}), tensor({{1, 2}}));
               },
               ErrorCode::kDType,
               "embedding: a tensor of int64; need a floating dtype; cast it to float32"},
              {"weight_shape", [] { prova::embedding(tensor({1}), zeros({5})); }, ErrorCode::kShape,
               "embedding: a weight of shape [5]; need [rows, dim]"},
              {"backward_shape",
               [] {
                 prova::embedding_backward(zeros({3, 4}), tensor({1, 2}), 5);
               },
               ErrorCode::kShape,
               "embedding_backward: a gradient of shape [3, 4] for indices of shape [2]; need the "
               "shape of the indices and one more axis"},
              {"backward_index",
               [] {
                 prova::embedding_backward(zeros({2, 4}), tensor({1, 5}), 5);
               },
               ErrorCode::kIndex,
               "embedding_backward: index 5 at position [1] is out of range for 5 rows; need "
               "-5..4"},
              {"backward_dtype", [] { prova::embedding_backward(tensor({{1}}), tensor({0}), 5); },
               ErrorCode::kDType,
               "embedding_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = {bench("tokens_8x512_8192x512", {8, 512}, 8192, 512),
                bench("tokens_64x128_1000x64", {64, 128}, 1000, 64),
                bench("tokens_131072_1000x128", {131072}, 1000, 128),
                bench("tokens_8x128_500x64", {8, 128}, 500, 64),
                bench("tokens_4x128_500x64", {4, 128}, 500, 64)},
  };
}

}  // namespace prova::cases

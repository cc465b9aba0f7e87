#include <cmath>

#include "gradcheck/spec.h"
#include "ops/div/div.h"
#include "ops/exp/exp.h"
#include "ops/max/max.h"
#include "ops/softmax/softmax.h"
#include "ops/softmax/softmax_kernels.h"
#include "ops/sub/sub.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor SoftmaxByDefinition(const Tensor& x, int64_t axis) {
  const Tensor e = prova::exp(x - prova::max(x, {axis}, {.keepdims = true}));
  return e / prova::sum(e, {axis}, {.keepdims = true});
}
// #endregion definition

OpCase Along(const Shape& shape, int64_t axis) {
  const int64_t cols = shape[static_cast<int>(axis < 0 ? axis + shape.rank() : axis)];
  return {
      .name = "x" + ToString(shape) + "_axis" + std::to_string(axis),
      .inputs = {{.shape = shape, .distinct = true}},
      .run = [axis](const Tensors& in) { return prova::softmax(in[0], axis); },
      .call = PythonCall("a", {axis == -1 || axis == shape.rank() - 1 ? "" : PythonAxes({axis})}),
      .definition = [axis](const Tensors& in) { return SoftmaxByDefinition(in[0], axis); },
      // exp and the division by a sum of cols positive terms: 8 + sqrt(cols) roundings.
      .tolerance = {.epsilons = 8 + std::sqrt(static_cast<double>(cols))},
      // A row of one element has derivative zero: there is nothing to check.
      .check_gradient = NumElements(shape) > 0 && cols > 1};
}

}  // namespace

OpSpec softmax() {
  std::vector<OpCase> all = {Along({2, 3, 4}, 0), Along({2, 3, 4}, 1), Along({2, 3, 4}, -1),
                             Along({3, 0}, 0), Along({0, 3}, 1)};
  for (int64_t length : LengthsAroundVectors()) {
    if (length > 0) all.push_back(Along({2, length}, 1));
  }
  // Scores whose exponentials no dtype holds; too many for differences, whose step grows with them.
  all.push_back(Along({2, 301}, 1));
  all.back().name = "far_from_zero";
  all.back().inputs[0].low = 1000;
  all.back().inputs[0].high = 1004;
  // What 8, 32 and 256 threads of a GPU hold of a row, and one element more; rows of whole packs.
  for (const Shape& shape :
       {Shape{10, 65}, Shape{3, 257}, Shape{2, 1024}, Shape{1, 1025}, Shape{1, 8193}, Shape{5, 32},
        Shape{3, 200}, Shape{1, 4000}, Shape{1, 8200}}) {
    all.push_back(Along(shape, 1));
  }
  // #region bench
  const Run run = [](const Tensors& in) { return prova::softmax(in[0]); };
  auto bench = [&](int64_t rows, int64_t cols) -> BenchCase {
    const double n = static_cast<double>(rows) * static_cast<double>(cols);
    return {"rows_" + std::to_string(rows) + "x" + std::to_string(cols),
            {{.shape = {rows, cols}}},
            run,
            2 * n * 4,
            5 * n,
            "F.softmax(a, -1)"};
  };
  // #endregion bench
  auto backward = [](int64_t rows, int64_t cols) -> BenchCase {
    const double n = static_cast<double>(rows) * static_cast<double>(cols);
    return {"backward_" + std::to_string(rows) + "x" + std::to_string(cols),
            {{.shape = {rows, cols}}, {.shape = {rows, cols}, .low = 0, .high = 0.001}},
            [](const Tensors& in) { return prova::softmax_backward(in[0], in[1], -1); },
            3 * n * 4,
            5 * n,
            "torch._softmax_backward_data(a, b, -1, torch.float32)"};
  };
  return {
      .name = "softmax",
      .definition = "exp(x - max(x)) / sum(exp(x - max(x)))",
      .vjp = "softmax_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kSoftmaxKernels),
      .cases = std::move(all),
      .bad = {{"axis",
               [] {
                 prova::softmax(zeros({2, 5}), 3);
               },
               ErrorCode::kIndex, "softmax: axis 3 is out of range for shape [2, 5]; need -2..1"},
              {"scalar", [] { prova::softmax(zeros({})); }, ErrorCode::kIndex,
               "softmax: axis -1 is out of range for shape []; need a tensor with at least one "
               "axis"},
              {"dtype",
               [] {
                 prova::softmax(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "softmax: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward", [] { prova::softmax_backward(zeros({2}), zeros({3})); },
               ErrorCode::kShape, "softmax_backward: shapes [2] and [3]; need one shape"}},
      .bench = {bench(4096, 1024), bench(64, 32000), bench(65536, 16), bench(8, 128),
                bench(512, 128), bench(131072, 128), bench(16384, 1024), backward(512, 128),
                backward(16384, 1024)},
  };
}

}  // namespace prova::cases

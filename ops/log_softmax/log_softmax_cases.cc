#include <cmath>

#include "gradcheck/spec.h"
#include "ops/exp/exp.h"
#include "ops/log/log.h"
#include "ops/log_softmax/log_softmax.h"
#include "ops/log_softmax/log_softmax_kernels.h"
#include "ops/max/max.h"
#include "ops/sub/sub.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor LogSoftmaxByDefinition(const Tensor& x, int64_t axis) {
  const Tensor below = x - prova::max(x, {axis}, {.keepdims = true});
  return below - prova::log(prova::sum(prova::exp(below), {axis}, {.keepdims = true}));
}
// #endregion definition

OpCase Along(const Shape& shape, int64_t axis) {
  const int64_t cols = shape[static_cast<int>(axis < 0 ? axis + shape.rank() : axis)];
  return {
      .name = "x" + ToString(shape) + "_axis" + std::to_string(axis),
      .inputs = {{.shape = shape, .distinct = true}},
      .run = [axis](const Tensors& in) { return prova::log_softmax(in[0], axis); },
      .call = PythonCall("a", {axis == -1 || axis == shape.rank() - 1 ? "" : PythonAxes({axis})}),
      .definition = [axis](const Tensors& in) { return LogSoftmaxByDefinition(in[0], axis); },
      // Three roundings of numbers up to the largest |y|, and a sum of cols terms; an entry
      // near 0 is a difference of such numbers.
      .tolerance = {.epsilons = 3 + std::sqrt(static_cast<double>(cols)),
                    .scale = Tolerance::Scale::kTensor},
      // A row of one element is constantly 0: there is nothing to check.
      .check_gradient = NumElements(shape) > 0 && cols > 1};
}

}  // namespace

OpSpec log_softmax() {
  std::vector<OpCase> all = {Along({2, 3, 4}, 0), Along({2, 3, 4}, 1), Along({2, 3, 4}, -1),
                             Along({3, 0}, 0), Along({0, 3}, 1)};
  for (int64_t length : LengthsAroundVectors()) {
    if (length > 0) all.push_back(Along({2, length}, 1));
  }
  // What 8, 32 and 256 threads of a GPU hold of a row, and one element more.
  for (const Shape& shape :
       {Shape{10, 65}, Shape{3, 257}, Shape{2, 1024}, Shape{1, 1025}, Shape{1, 8193}}) {
    all.push_back(Along(shape, 1));
    // At the peak the gradient of the definition is the small rest of two sums over the row.
    if (shape[1] > 1025) all.back().definition = {};
  }
  const Run run = [](const Tensors& in) { return prova::log_softmax(in[0]); };
  auto bench = [&](int64_t rows, int64_t cols) -> BenchCase {
    const double n = static_cast<double>(rows) * static_cast<double>(cols);
    return {"rows_" + std::to_string(rows) + "x" + std::to_string(cols),
            {{.shape = {rows, cols}}},
            run,
            2 * n * 4,
            5 * n,
            "F.log_softmax(a, -1)"};
  };
  auto backward = [](int64_t rows, int64_t cols) -> BenchCase {
    const double n = static_cast<double>(rows) * static_cast<double>(cols);
    return {"backward_" + std::to_string(rows) + "x" + std::to_string(cols),
            {{.shape = {rows, cols}}, {.shape = {rows, cols}, .low = -8, .high = -6}},
            [](const Tensors& in) { return prova::log_softmax_backward(in[0], in[1], -1); },
            3 * n * 4,
            5 * n,
            "torch._log_softmax_backward_data(a, b, -1, torch.float32)"};
  };
  return {
      .name = "log_softmax",
      .definition = "x - max(x) - log(sum(exp(x - max(x))))",
      .vjp = "log_softmax_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kLogSoftmaxKernels),
      .cases = std::move(all),
      .bad =
          {{"axis",
            [] {
              prova::log_softmax(zeros({2, 5}), 3);
            },
            ErrorCode::kIndex, "log_softmax: axis 3 is out of range for shape [2, 5]; need -2..1"},
           {"scalar", [] { prova::log_softmax(zeros({})); }, ErrorCode::kIndex,
            "log_softmax: axis -1 is out of range for shape []; need a tensor with at least "
            "one axis"},
           {"dtype",
            [] {
              prova::log_softmax(tensor({1, 2}));
            },
            ErrorCode::kDType,
            "log_softmax: a tensor of int64; need a floating dtype; cast it to float32"},
           {"backward", [] { prova::log_softmax_backward(zeros({2}), zeros({3})); },
            ErrorCode::kShape, "log_softmax_backward: shapes [2] and [3]; need one shape"},
           {"backward_axis", [] { prova::log_softmax_backward(zeros({2}), zeros({2}), 1); },
            ErrorCode::kIndex,
            "log_softmax_backward: axis 1 is out of range for shape [2]; need -1..0"},
           {"backward_dtype", [] { prova::log_softmax_backward(tensor({1}), zeros({1})); },
            ErrorCode::kDType,
            "log_softmax_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = {bench(4096, 1024), bench(64, 32000), bench(65536, 16), bench(8, 128),
                bench(512, 128), bench(131072, 128), bench(16384, 1024), backward(512, 128),
                backward(16384, 1024)},
  };
}

}  // namespace prova::cases

#include <cmath>

#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/mean/mean.h"
#include "ops/mean/mean_kernels.h"
#include "ops/mul/mul.h"
#include "ops/sum/sum.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor MeanByDefinition(const Tensor& x, const Dims& axes, const ReduceOptions& options) {
  const ReducedAxes along = CollapseAxes("mean", x.shape(), axes);
  return prova::sum(x, axes, options) * (1.0 / static_cast<double>(along.axis));
}
// #endregion definition

OpCase Over(const Shape& shape, const Dims& axes, bool keepdims = false) {
  const ReduceOptions options = {.keepdims = keepdims};
  const ReducedAxes along = CollapseAxes("mean", shape, axes);
  const double n = static_cast<double>(std::max<int64_t>(along.axis, 1));
  OpCase sample = {
      .name = Cat("x", shape, "_axes", axes, keepdims ? "_kept" : ""),
      // Mostly positive, so that an error relative to the mean is one relative to its terms.
      .inputs = {{.shape = shape, .low = -0.5, .high = 2, .affine = true}},
      .run = [=](const Tensors& in) { return prova::mean(in[0], axes, options); },
      .call = PythonCall("a", {PythonAxes(axes), keepdims ? "keepdims=True" : ""}),
      // At most 32 additions in a row, then one a level of the tree, and a division; roundings
      // partly cancel.
      .tolerance = {.epsilons = 5 + std::log2(n), .scale = Tolerance::Scale::kTensor},
      .check_gradient = NumElements(shape) > 0};
  if (along.axis > 0) {
    sample.definition = [=](const Tensors& in) { return MeanByDefinition(in[0], axes, options); };
  }
  return sample;
}

}  // namespace

OpSpec mean() {
  std::vector<OpCase> all = {
      Over({}, {}),
      Over({2, 3, 4}, {}),
      Over({2, 3, 4}, {0}),
      Over({2, 3, 4}, {1}, /*keepdims=*/true),
      Over({2, 3, 4}, {-1}),
      Over({2, 3, 4}, {0, 1}),
      Over({2, 3, 4}, {0, 2}),
      Over({3, 2, 5, 4}, {0, 2, 3}),  // the last two reduce where they lie
      Over({2, 3, 4}, {2, 0}, /*keepdims=*/true),
      Over({3, 0}, {1}),
      Over({3, 0}, {0}),
      // Several leaves of both loops, and several pieces of one long axis.
      Over({3, 1700}, {1}),
      Over({100, 19}, {0}),
      Over({70001}, {}),
      Over({700, 150}, {0}),
      Over({200, 64}, {0}),
      Over({270, 2, 36}, {1}),
      Over({3, 1701}, {1}),
  };
  for (int64_t length : LengthsAroundVectors()) {
    all.push_back(Over({length}, {}));
    all.push_back(Over({3, length}, {0}));
  }
  auto bench = [](const std::string& name, const Shape& shape, const Dims& axes) -> BenchCase {
    const double n = static_cast<double>(NumElements(shape));
    const double results = n / static_cast<double>(CollapseAxes("mean", shape, axes).axis);
    return {name,
            {{.shape = shape}},
            [=](const Tensors& in) { return prova::mean(in[0], axes); },
            (n + results) * 4,
            n + results,
            axes.rank() == 0 ? "torch.mean(a)" : Cat("torch.mean(a, dim=", axes, ")")};
  };
  return {
      .name = "mean",
      .definition = "sum(x) / n",
      .vjp = "mean_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kMeanKernels),
      .cases = std::move(all),
      .bad = {{"axis",
               [] {
                 prova::mean(zeros({2, 5}), {2});
               },
               ErrorCode::kIndex, "mean: axis 2 is out of range for shape [2, 5]; need -2..1"},
              {"twice",
               [] {
                 prova::mean(zeros({2, 5}), {1, -1});
               },
               ErrorCode::kValue, "mean: axis -1 appears twice in [1, -1]; need every axis once"},
              {"dtype",
               [] {
                 prova::mean(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "mean: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward_shape",
               [] {
                 prova::mean_backward(zeros({3}), {2, 5}, {1});
               },
               ErrorCode::kShape,
               "mean_backward: a gradient of shape [3] for shape [2, 5] reduced over axes [1]; "
               "need [2] or [2, 1]"},
              {"backward_dtype",
               [] {
                 prova::mean_backward(tensor({1, 2}), {2, 5}, {1});
               },
               ErrorCode::kDType,
               "mean_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = {bench("all_4096x1024", {4096, 1024}, {}),
                bench("rows_4096x1024", {4096, 1024}, {1}),
                bench("columns_4096x1024", {4096, 1024}, {0}), bench("all_1024", {1024}, {}),
                bench("all_65536", {1 << 16}, {}), bench("all_16777216", {1 << 24}, {}),
                bench("rows_16384x1024", {16384, 1024}, {1}),
                bench("rows_262144x64", {262144, 64}, {1}),
                bench("columns_16384x1024", {16384, 1024}, {0}),
                bench("middle_4096x64x64", {4096, 64, 64}, {1})},
  };
}

}  // namespace prova::cases

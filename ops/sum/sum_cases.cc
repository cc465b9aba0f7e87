#include <cmath>

#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/sum/sum.h"
#include "ops/sum/sum_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

OpCase Over(const Shape& shape, const Dims& axes, bool keepdims = false) {
  const ReducedAxes along = CollapseAxes("sum", shape, axes);
  const double n = static_cast<double>(std::max<int64_t>(along.axis, 1));
  return {.name = Cat("x", shape, "_axes", axes, keepdims ? "_kept" : ""),
          // Mostly positive, so that an error relative to the sum is one relative to its terms.
          .inputs = {{.shape = shape, .low = -0.5, .high = 2, .affine = true}},
          .run = [=](const Tensors& in) { return prova::sum(in[0], axes, {.keepdims = keepdims}); },
          .call = PythonCall("a", {PythonAxes(axes), keepdims ? "keepdims=True" : ""}),
          // At most 32 additions in a row, then one a level of the tree; roundings partly cancel.
          .tolerance = {.epsilons = 4 + std::log2(n), .scale = Tolerance::Scale::kTensor},
          .check_gradient = NumElements(shape) > 0};
}

}  // namespace

OpSpec sum() {
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
      Over({2, 1, 3, 1, 4}, {0, 2}),
      Over({3, 0}, {1}),
      Over({3, 0}, {0}),
      // Several leaves of both loops, and several pieces of one long axis.
      Over({3, 1700}, {1}),
      Over({100, 19}, {0}),
      Over({100, 3}, {0}),
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
    const double results = n / static_cast<double>(CollapseAxes("sum", shape, axes).axis);
    return {name,
            {{.shape = shape}},
            [=](const Tensors& in) { return prova::sum(in[0], axes); },
            (n + results) * 4,
            n,
            axes.rank() == 0 ? "torch.sum(a)" : Cat("torch.sum(a, dim=", axes, ")")};
  };
  return {
      .name = "sum",
      .definition = "loop",
      .vjp = "sum_backward",
      .dtypes = AllDTypes(),
      .columns = Columns(kSumKernels),
      .cases = std::move(all),
      .bad = {{"axis",
               [] {
                 prova::sum(zeros({2, 5}), {2});
               },
               ErrorCode::kIndex, "sum: axis 2 is out of range for shape [2, 5]; need -2..1"},
              {"twice",
               [] {
                 prova::sum(zeros({2, 5}), {1, -1});
               },
               ErrorCode::kValue, "sum: axis -1 appears twice in [1, -1]; need every axis once"},
              {"backward_shape",
               [] {
                 prova::sum_backward(zeros({3}), {2, 5}, {1});
               },
               ErrorCode::kShape,
               "sum_backward: a gradient of shape [3] for shape [2, 5] reduced over axes [1]; need "
               "[2] or [2, 1]"},
              {"backward_dtype",
               [] {
                 prova::sum_backward(tensor({1, 2}), {2, 5}, {1});
               },
               ErrorCode::kDType,
               "sum_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = {bench("all_4096x1024", {4096, 1024}, {}),
                bench("rows_4096x1024", {4096, 1024}, {1}),
                bench("columns_4096x1024", {4096, 1024}, {0}), bench("all_1024", {1024}, {}),
                bench("all_65536", {1 << 16}, {}), bench("all_16777216", {1 << 24}, {}),
                bench("rows_16384x1024", {16384, 1024}, {1}),
                bench("rows_262144x64", {262144, 64}, {1}),
                bench("columns_16384x1024", {16384, 1024}, {0}),
                bench("middle_4096x64x64", {4096, 64, 64}, {1}),
                bench("channels_32x64x56x56", {32, 64, 56, 56}, {0, 2, 3})},
  };
}

}  // namespace prova::cases

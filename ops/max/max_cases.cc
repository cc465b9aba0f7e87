#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/max/max.h"
#include "ops/max/max_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

OpCase Over(const Shape& shape, const Dims& axes, bool keepdims = false, double high = 5) {
  return {
      .name = Cat("x", shape, "_axes", axes, keepdims ? "_kept" : "", high < 0 ? "_negative" : ""),
      .inputs = {{.shape = shape, .low = -5, .high = high, .distinct = true, .affine = true}},
      .run = [=](const Tensors& in) { return prova::max(in[0], axes, {.keepdims = keepdims}); },
      .call = PythonCall("a", {PythonAxes(axes), keepdims ? "keepdims=True" : ""}),
      // The result is one of the elements: no rounding.
      .tolerance = {.epsilons = 0},
      .check_gradient = NumElements(shape) > 0};
}

}  // namespace

OpSpec max() {
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
      Over({0, 3}, {1}),
      // No element reaches what a tail might be filled with.
      Over({35}, {}, /*keepdims=*/false, /*high=*/-2),
      Over({3, 19}, {1}, /*keepdims=*/false, /*high=*/-2),
      // Several leaves of both loops, and several pieces of one long axis.
      Over({3, 1700}, {1}),
      Over({100, 19}, {0}),
      Over({100, 3}, {0}),
      Over({70001}, {}),
      Over({700, 150}, {0}),
      Over({200, 64}, {0}),
      Over({270, 2, 36}, {1}),
  };
  for (int64_t length : LengthsAroundVectors()) {
    if (length > 0) all.push_back(Over({length}, {}));
    all.push_back(Over({3, length}, {0}));
  }
  // What 8, 32 and 256 threads of a GPU hold of a row, and one element more.
  for (const Shape& shape :
       {Shape{10, 65}, Shape{3, 257}, Shape{2, 1024}, Shape{1, 1025}, Shape{1, 8193}}) {
    all.push_back(Over(shape, {1}));
  }
  auto bench = [](const std::string& name, const Shape& shape, const Dims& axes) -> BenchCase {
    const double n = static_cast<double>(NumElements(shape));
    const double results = n / static_cast<double>(CollapseAxes("max", shape, axes).axis);
    return {name,
            {{.shape = shape}},
            [=](const Tensors& in) { return prova::max(in[0], axes); },
            (n + results) * 4,
            n,
            axes.rank() == 0 ? "torch.amax(a)" : Cat("torch.amax(a, dim=", axes, ")")};
  };
  const std::string nothing = "; need at least one: an empty maximum has no value";
  return {
      .name = "max",
      .definition = "loop",
      .vjp = "max_backward",
      .dtypes = NumericDTypes(),
      .columns = Columns(kMaxKernels),
      .cases = std::move(all),
      .bad = {{"axis",
               [] {
                 prova::max(zeros({2, 5}), {2});
               },
               ErrorCode::kIndex, "max: axis 2 is out of range for shape [2, 5]; need -2..1"},
              {"twice",
               [] {
                 prova::max(zeros({2, 5}), {1, -1});
               },
               ErrorCode::kValue, "max: axis -1 appears twice in [1, -1]; need every axis once"},
              {"empty", [] { prova::max(zeros({0})); }, ErrorCode::kValue,
               "max: no elements along axes [0] of shape [0]" + nothing},
              {"empty_axis",
               [] {
                 prova::max(zeros({2, 0, 3}), {1});
               },
               ErrorCode::kValue, "max: no elements along axes [1] of shape [2, 0, 3]" + nothing},
              {"bool", [] { prova::max(tensor({true})); }, ErrorCode::kDType,
               "max: a tensor of bool; need a numeric dtype; cast it to int64"},
              {"backward_shape",
               [] {
                 prova::max_backward(zeros({3}), zeros({2, 5}), {1});
               },
               ErrorCode::kShape,
               "max_backward: a gradient of shape [3] for shape [2, 5] reduced over axes [1]; need "
               "[2] or [2, 1]"},
              {"backward_dtype",
               [] {
                 prova::max_backward(zeros({}), tensor({1, 2}));
               },
               ErrorCode::kDType,
               "max_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
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

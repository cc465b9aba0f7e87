#include "autograd/movement.h"
#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/add/add.h"
#include "ops/linear/linear.h"
#include "ops/linear/linear_kernels.h"
#include "ops/matmul/matmul.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor LinearByDefinition(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor y = prova::matmul(x, transpose(weight, 0, 1));
  return bias.defined() ? y + bias : y;
}
// #endregion definition

OpCase Layer(const Shape& x, int64_t out, bool bias) {
  const int64_t in = x.back();
  OpCase layer = {.name = Cat("x", x, "_out", out, bias ? "_bias" : ""),
                  .inputs = {{.shape = x}, {.shape = {out, in}}},
                  .run =
                      [](const Tensors& t) {
                        return prova::linear(t[0], t[1], t.size() > 2 ? t[2] : Tensor());
                      },
                  .definition =
                      [](const Tensors& t) {
                        return LinearByDefinition(t[0], t[1], t.size() > 2 ? t[2] : Tensor());
                      },
                  // Errors of a random sum grow as its square root; half an epsilon for the rest.
                  .tolerance = SumTolerance(in + 1, 1),
                  .check_gradient = NumElements(x) > 0 && out > 0};
  if (bias) layer.inputs.push_back({.shape = {out}, .affine = true});
  return layer;
}

BenchCase Measure(int64_t rows, int64_t in, int64_t out) {
  const double sizes = static_cast<double>(rows * in + in * out + out + rows * out);
  return {Cat("rows_", rows, "_in_", in, "_out_", out),
          {{.shape = {rows, in}}, {.shape = {out, in}}, {.shape = {out}}},
          [](const Tensors& t) { return prova::linear(t[0], t[1], t[2]); },
          4 * sizes,
          2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out)};
}

}  // namespace

OpSpec linear() {
  std::vector<OpCase> all = {
      Layer({4}, 3, true),          Layer({2, 3, 4}, 5, true),  Layer({2, 3, 4}, 5, false),
      Layer({2, 1, 3, 4}, 1, true), Layer({0, 4}, 3, true),     Layer({3, 0}, 2, true),
      Layer({3, 4}, 0, true),       Layer({1, 700}, 20, true),  Layer({30, 10}, 4, false),
      Layer({5, 300}, 33, true),    Layer({200, 17}, 10, true),
  };
  for (int64_t length : LengthsAroundVectors()) {
    if (length == 0) continue;
    all.push_back(Layer({2, 3}, length, true));
    all.push_back(Layer({length, 3}, 4, true));
    all.push_back(Layer({2, length}, 5, false));
  }
  return {
      .name = "linear",
      .definition = "matmul(x, transpose(weight, 0, 1)) + bias",
      .vjp = "linear_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kLinearKernels),
      .cases = std::move(all),
      .bad = {{"features",
               [] {
                 prova::linear(zeros({2, 5}), zeros({3, 4}));
               },
               ErrorCode::kShape,
               "linear: x of shape [2, 5] and weight of shape [3, 4]; need x [..., 4] and weight "
               "[out, 4]"},
              {"scalar",
               [] {
                 prova::linear(zeros({}), zeros({3, 4}));
               },
               ErrorCode::kShape,
               "linear: x of shape [] and weight of shape [3, 4]; need x [..., 4] and weight "
               "[out, 4]"},
              {"weight", [] { prova::linear(zeros({4}), zeros({4})); }, ErrorCode::kShape,
               "linear: x of shape [4] and weight of shape [4]; need x [..., in] and weight [out, "
               "in]"},
              {"bias",
               [] {
                 prova::linear(zeros({2, 4}), zeros({3, 4}), zeros({4}));
               },
               ErrorCode::kShape, "linear: bias of shape [4]; need [3]"},
              {"dtype",
               [] {
                 prova::linear(tensor({{1, 2}}), zeros({3, 2}));
               },
               ErrorCode::kDType,
               "linear: a tensor of int64; need a floating dtype; convert with cast(x, "
               "DType::kFloat32)"},
              {"backward",
               [] {
                 prova::linear_backward(zeros({2, 3}), zeros({2, 5}), zeros({3, 4}));
               },
               ErrorCode::kShape,
               "linear_backward: x of shape [2, 5] and weight of shape [3, 4]; need x [..., 4] and "
               "weight [out, 4]"}},
      .bench = {Measure(64, 512, 10), Measure(64, 1024, 1024), Measure(1, 1024, 1024)},
  };
}

}  // namespace prova::cases

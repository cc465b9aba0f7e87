#include <array>

#include "autograd/movement.h"
#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/add/add.h"
#include "ops/gelu/gelu.h"
#include "ops/linear/linear.h"
#include "ops/linear/linear_kernels.h"
#include "ops/matmul/matmul.h"
#include "ops/relu/relu.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor LinearByDefinition(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          Activation activation) {
  Tensor y = prova::matmul(x, transpose(weight, 0, 1));
  if (bias.defined()) y = y + bias;
  if (activation == Activation::kRelu) return prova::relu(y);
  if (activation == Activation::kGelu) return prova::gelu(y);
  return y;
}
// #endregion definition

const char* Suffix(Activation activation) {
  switch (activation) {
    case Activation::kNone: return "";
    case Activation::kRelu: return "_relu";
    case Activation::kGelu: return "_gelu";
  }
  return "";
}

std::string PythonOption(Activation activation) {
  switch (activation) {
    case Activation::kNone: return "";
    case Activation::kRelu: return "activation='relu'";
    case Activation::kGelu: return "activation='gelu'";
  }
  return "";
}

OpCase Layer(const Shape& x, int64_t out, bool bias, Activation activation = Activation::kNone) {
  const int64_t in = x.back();
  const bool is_affine = activation != Activation::kGelu;
  OpCase layer = {
      .name = Cat("x", x, "_out", out, bias ? "_bias" : "", Suffix(activation)),
      .inputs = {{.shape = x}, {.shape = {out, in}}},
      .run =
          [activation](const Tensors& t) {
            return prova::linear(t[0], t[1], t.size() > 2 ? t[2] : Tensor(), activation);
          },
      .call = PythonCall(bias ? "a, b, c" : "a, b", {PythonOption(activation)}),
      .definition =
          [activation](const Tensors& t) {
            return LinearByDefinition(t[0], t[1], t.size() > 2 ? t[2] : Tensor(), activation);
          },
      // Errors of a random sum grow as its square root; half an epsilon for the rest.
      .tolerance = SumTolerance(in + 1, 1),
      .check_gradient = NumElements(x) > 0 && out > 0};
  if (bias) layer.inputs.push_back({.shape = {out}, .affine = is_affine});
  return layer;
}

BenchCase Measure(int64_t rows, int64_t in, int64_t out,
                  Activation activation = Activation::kNone) {
  const double sizes = static_cast<double>(rows * in + in * out + out + rows * out);
  const char* torch[] = {"F.linear(a, b, c)", "F.relu(F.linear(a, b, c))",
                         "F.gelu(F.linear(a, b, c))"};
  return {
      .name = Cat("rows_", rows, "_in_", in, "_out_", out, Suffix(activation)),
      .inputs = {{.shape = {rows, in}}, {.shape = {out, in}}, {.shape = {out}}},
      .run = [activation](const Tensors& t) { return prova::linear(t[0], t[1], t[2], activation); },
      .bytes = 4 * sizes,
      .flops = 2.0 * static_cast<double>(rows * in * out),
      .torch = torch[static_cast<int>(activation)],
      .attributes = {{"activation", static_cast<int64_t>(activation)}}};
}

/// The gradient of x or of the weight, from dy, x and weight.
BenchCase MeasureGradient(int64_t rows, int64_t in, int64_t out, bool of_weight) {
  const double sizes = static_cast<double>(rows * in + in * out + rows * out);
  return {.name = Cat("rows_", rows, "_in_", in, "_out_", out, of_weight ? "_dw" : "_dx"),
          .inputs = {{.shape = {rows, out}}, {.shape = {rows, in}}, {.shape = {out, in}}},
          .run =
              [of_weight](const Tensors& t) {
                const GradientTriple dx = prova::linear_backward(
                    t[0], t[1], t[2], {.input = !of_weight, .weight = of_weight, .bias = false});
                return of_weight ? dx.weight : dx.input;
              },
          .bytes = 4 * sizes,
          .flops = 2.0 * static_cast<double>(rows * in * out),
          .torch = of_weight ? "torch.matmul(a.t(), b)" : "torch.matmul(a, c)",
          .attributes = {{"gradient", of_weight ? 2 : 1}}};
}

std::vector<BenchCase> Measures() {
  std::vector<BenchCase> all = {Measure(64, 512, 10), Measure(1, 1024, 1024)};
  for (const auto& [rows, in, out] : {std::array<int64_t, 3>{128, 784, 512},
                                      {128, 512, 512},
                                      {64, 1024, 1024},
                                      {512, 256, 1024}}) {
    for (Activation activation : {Activation::kNone, Activation::kRelu, Activation::kGelu}) {
      all.push_back(Measure(rows, in, out, activation));
    }
    for (bool of_weight : {false, true}) all.push_back(MeasureGradient(rows, in, out, of_weight));
  }
  return all;
}

}  // namespace

OpSpec linear() {
  std::vector<OpCase> all = {
      Layer({4}, 3, true),          Layer({2, 3, 4}, 5, true),  Layer({2, 3, 4}, 5, false),
      Layer({2, 1, 3, 4}, 1, true), Layer({0, 4}, 3, true),     Layer({3, 0}, 2, true),
      Layer({3, 4}, 0, true),       Layer({1, 700}, 20, true),  Layer({30, 10}, 4, false),
      Layer({5, 300}, 33, true),    Layer({200, 17}, 10, true),
  };
  for (Activation activation : {Activation::kRelu, Activation::kGelu}) {
    // One row, partial tiles, several blocks of terms and a result that is computed transposed.
    for (const Shape& x : {Shape{3}, Shape{5, 7}, Shape{9, 300}, Shape{20, 4}}) {
      all.push_back(Layer(x, 5, true, activation));
      all.push_back(Layer(x, 17, false, activation));
    }
  }
  for (int64_t length : LengthsAroundVectors()) {
    if (length == 0) continue;
    all.push_back(Layer({2, 3}, length, true));
    all.push_back(Layer({length, 3}, 4, true));
    all.push_back(Layer({2, length}, 5, false));
  }
  return {
      .name = "linear",
      .definition = "activation(matmul(x, transpose(weight, 0, 1)) + bias)",
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
               "linear: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward",
               [] {
                 prova::linear_backward(zeros({2, 3}), zeros({2, 5}), zeros({3, 4}));
               },
               ErrorCode::kShape,
               "linear_backward: x of shape [2, 5] and weight of shape [3, 4]; need x [..., 4] and "
               "weight [out, 4]"}},
      .bench = Measures(),
  };
}

}  // namespace prova::cases

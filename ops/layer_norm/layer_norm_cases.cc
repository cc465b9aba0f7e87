#include <cmath>

#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/add/add.h"
#include "ops/div/div.h"
#include "ops/layer_norm/layer_norm.h"
#include "ops/layer_norm/layer_norm_kernels.h"
#include "ops/mean/mean.h"
#include "ops/mul/mul.h"
#include "ops/sqrt/sqrt.h"
#include "ops/sub/sub.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor LayerNormByDefinition(const Tensor& x, const Tensor& weight, const Tensor& bias,
                             double epsilon) {
  const int axes_of_sample = weight.defined() ? weight.rank() : bias.defined() ? bias.rank() : 1;
  Dims axes;
  for (int i = axes_of_sample; i > 0; --i) axes.push_back(-i);
  const Tensor deviation = x - prova::mean(x, axes, {.keepdims = true});
  const Tensor variance = prova::mean(deviation * deviation, axes, {.keepdims = true});
  Tensor y = deviation / prova::sqrt(variance + epsilon);
  if (weight.defined()) y = y * weight;
  if (bias.defined()) y = y + bias;
  return y;
}
// #endregion definition

struct Sample {
  Shape x;
  int axes = 1;
  bool weight = true;
  bool bias = true;
  double epsilon = 1e-5;
};

OpCase Make(const Sample& sample) {
  Shape last;
  int64_t cols = 1;
  for (int i = sample.x.rank() - sample.axes; i < sample.x.rank(); ++i) {
    last.push_back(sample.x[i]);
    cols *= sample.x[i];
  }
  std::vector<InputSpec> inputs = {{.shape = sample.x, .distinct = true}};
  if (sample.weight) inputs.push_back({.shape = last});
  if (sample.bias) inputs.push_back({.shape = last, .affine = true});
  auto apply = [sample](auto&& f) {
    return [=](const Tensors& in) {
      const Tensor weight = sample.weight ? in[1] : Tensor();
      return f(in[0], weight, sample.bias ? in.back() : Tensor(), sample.epsilon);
    };
  };
  return {.name = Cat("x", sample.x, "_axes_", sample.axes, sample.weight ? "_weight" : "",
                      sample.bias ? "_bias" : "", "_epsilon_", sample.epsilon),
          .inputs = std::move(inputs),
          .run = apply(prova::layer_norm),
          .call = PythonCall("a", {sample.weight ? "weight=b" : "",
                                   sample.bias ? (sample.weight ? "bias=c" : "bias=b") : "",
                                   sample.epsilon == 1e-5 ? "" : Cat("epsilon=", sample.epsilon)}),
          .definition = apply(LayerNormByDefinition),
          // Two sums of cols terms and six roundings; weight * z and bias may cancel.
          .tolerance = {.epsilons = 6 + std::sqrt(static_cast<double>(cols)),
                        .scale = Tolerance::Scale::kTensor},
          // A sample of one element gives bias alone: x and weight have no derivative to check.
          .check_gradient = NumElements(sample.x) > 0 && cols > 1};
}

}  // namespace

OpSpec layer_norm() {
  std::vector<OpCase> all;
  for (const Sample& sample : std::vector<Sample>{
           {.x = {2, 3, 4}},
           {.x = {2, 3, 4}, .axes = 2},
           {.x = {2, 3, 4}, .axes = 3},
           {.x = {2, 3, 4}, .axes = 2, .weight = false},
           {.x = {2, 3, 4}, .axes = 2, .bias = false},
           {.x = {2, 3, 4}, .weight = false, .bias = false},
           {.x = {2, 3, 4}, .epsilon = 0},
           {.x = {5}},
           // More rows than a block of the sums over rows has.
           {.x = {kLayerNormBlock + 1, 3}},
           {.x = {2 * kLayerNormBlock + 3, 4}},
           // The longest rows that are read in turns, that go together, and the shortest alone.
           {.x = {5, 64}},
           {.x = {6, 67}},
           {.x = {5, 256}},
           {.x = {2, 257}},
           {.x = {3, 300}},
           // What 8, 32 and 256 threads of a GPU hold of a row, and one element more; whole packs.
           {.x = {10, 65}},
           {.x = {3, 257}},
           {.x = {2, 1024}},
           {.x = {1, 1025}},
           {.x = {1, 8193}},
           {.x = {2, 4000}},
           {.x = {1, 8200}},
           {.x = {0, 3}},
           {.x = {3, 0}},
       }) {
    all.push_back(Make(sample));
  }
  for (int64_t length : LengthsAroundVectors()) {
    // Two elements are always normalized to nearly -1 and 1, unless epsilon has weight.
    // Five rows: four that the vector kernel takes together and one alone.
    if (length > 0) all.push_back(Make({.x = {5, length}, .epsilon = length == 2 ? 0.5 : 1e-5}));
  }
  const Run run = [](const Tensors& in) { return prova::layer_norm(in[0], in[1], in[2]); };
  auto bench = [&](int64_t rows, int64_t cols) -> BenchCase {
    const double n = static_cast<double>(rows) * static_cast<double>(cols);
    return {Cat("rows_", rows, "x", cols),
            {{.shape = {rows, cols}}, {.shape = {cols}}, {.shape = {cols}}},
            run,
            2 * (n + static_cast<double>(cols)) * 4,
            8 * n,
            Cat("F.layer_norm(a, (", cols, ",), b, c)")};
  };
  const Run run_backward = [](const Tensors& in) {
    return prova::layer_norm_backward(in[0], in[1], in[2]).input;
  };
  // PyTorch wants the moments of its forward pass, which are not counted.
  auto backward = [&](int64_t rows, int64_t cols) -> BenchCase {
    const double n = static_cast<double>(rows) * static_cast<double>(cols);
    return {Cat("backward_", rows, "x", cols),
            {{.shape = {rows, cols}}, {.shape = {rows, cols}}, {.shape = {cols}}},
            run_backward,
            (3 * n + 3 * static_cast<double>(cols)) * 4,
            16 * n,
            Cat("(lambda m: lambda: torch.ops.aten.native_layer_norm_backward(a, b, (", cols,
                ",), m[1], m[2], c, c, [True] * 3)[0])(torch.native_layer_norm(b, (", cols,
                ",), c, c, 1e-5))")};
  };
  return {
      .name = "layer_norm",
      .definition = "weight * (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) + bias",
      .vjp = "layer_norm_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kLayerNormKernels),
      .cases = std::move(all),
      .bad = {{"weight",
               [] {
                 prova::layer_norm(zeros({2, 4}), zeros({3}));
               },
               ErrorCode::kShape,
               "layer_norm: weight of shape [3] with x of shape [2, 4]; need the sizes of the last "
               "axes of x, at least one"},
              {"weight_scalar",
               [] {
                 prova::layer_norm(zeros({2, 4}), zeros({}));
               },
               ErrorCode::kShape,
               "layer_norm: weight of shape [] with x of shape [2, 4]; need the sizes of the last "
               "axes of x, at least one"},
              {"weight_rank",
               [] {
                 prova::layer_norm(zeros({4}), zeros({2, 4}));
               },
               ErrorCode::kShape,
               "layer_norm: weight of shape [2, 4] with x of shape [4]; need the sizes of the last "
               "axes of x, at least one"},
              {"bias",
               [] {
                 prova::layer_norm(zeros({2, 4}), {}, zeros({2}));
               },
               ErrorCode::kShape,
               "layer_norm: bias of shape [2] with x of shape [2, 4]; need the sizes of the last "
               "axes of x, at least one"},
              {"weight_and_bias",
               [] {
                 prova::layer_norm(zeros({2, 4}), zeros({4}), zeros({2, 4}));
               },
               ErrorCode::kShape, "layer_norm: shapes [4] and [2, 4]; need one shape"},
              {"scalar", [] { prova::layer_norm(zeros({})); }, ErrorCode::kValue,
               "layer_norm: samples of 1 axes in x of shape []; need at least one axis, no more "
               "than x has"},
              {"dtype",
               [] {
                 prova::layer_norm(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "layer_norm: a tensor of int64; need a floating dtype; cast it to float32"},
              {"epsilon", [] { prova::layer_norm(zeros({2}), {}, {}, -1); }, ErrorCode::kValue,
               "layer_norm: epsilon -1; need a finite number, 0 or more"},
              {"epsilon_nan", [] { prova::layer_norm(zeros({2}), {}, {}, NAN); }, ErrorCode::kValue,
               "layer_norm: epsilon nan; need a finite number, 0 or more"},
              {"backward", [] { prova::layer_norm_backward(zeros({3}), zeros({2})); },
               ErrorCode::kShape, "layer_norm_backward: shapes [3] and [2]; need one shape"},
              {"backward_axes",
               [] { prova::layer_norm_backward(zeros({2}), zeros({2}), {}, 1e-5, {}, 2); },
               ErrorCode::kValue,
               "layer_norm_backward: samples of 2 axes in x of shape [2]; need at least one axis, "
               "no more than x has"}},
      .bench = {bench(4096, 1024), bench(16384, 768), bench(65536, 16), bench(8, 128),
                bench(512, 128), bench(131072, 128), bench(16384, 1024), backward(512, 128),
                backward(65536, 16), backward(16384, 1024)},
  };
}

}  // namespace prova::cases

#include <algorithm>
#include <cmath>

#include "autograd/movement.h"
#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/dropout/dropout.h"
#include "ops/dropout/dropout_kernels.h"
#include "ops/mul/mul.h"
#include "ops/where/where.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor DropoutByDefinition(const Tensor& x, double p, Rng rng) {
  std::vector<int64_t> kept;
  for (float u : rand(x.shape(), rng).to_vector<float>()) kept.push_back(u >= p ? 1 : 0);
  const Tensor mask = cast(from_vector(kept, x.shape()), DType::kBool);
  return prova::where(mask, x * (p < 1 ? 1 / (1 - p) : 0.0), 0.0);
}
// #endregion definition

OpCase Of(const Shape& shape, double p) {
  constexpr int kSeed = 17;
  const Rng rng(kSeed);
  Rng copy = rng;
  const std::vector<int64_t> mask = dropout_mask(shape, p, copy).to_vector<int64_t>();
  const bool any_kept = std::count(mask.begin(), mask.end(), 1) > 0;
  return {.name = Cat("x", shape, "_p", p),
          .inputs = {{.shape = shape, .affine = true}},
          // Each run draws from a copy, so that the function is pure.
          .run =
              [=](const Tensors& in) {
                Rng state = rng;
                return prova::dropout(in[0], p, state);
              },
          .call = PythonCall("a", {Cat("p=", p), Cat("rng=Rng(", kSeed, ")")}),
          .definition = [=](const Tensors& in) { return DropoutByDefinition(in[0], p, rng); },
          // The scale is rounded, then the product.
          .tolerance = {.epsilons = 1.5},
          .check_gradient = any_kept};
}

}  // namespace

OpSpec dropout() {
  std::vector<OpCase> all = {Of({}, 0.0),     Of({2, 3, 4}, 0.5), Of({3, 0, 2}, 0.5),
                             Of({7, 5}, 0.0), Of({7, 5}, 1.0),    Of({7, 5}, 0.99),
                             Of({1021}, 0.3), Of({3, 33333}, 0.1)};
  for (int64_t length : LengthsAroundVectors()) all.push_back(Of({length}, 0.3));
  auto bench = [](const std::string& name, const Shape& shape, double p) -> BenchCase {
    const double n = static_cast<double>(NumElements(shape));
    return {name,
            {{.shape = shape}},
            [=](const Tensors& in) {
              Rng rng(1);
              return prova::dropout(in[0], p, rng);
            },
            n * 8,
            n,
            Cat("F.dropout(a, ", p, ")"),
            DType::kFloat32,
            {},
            /*agreement=*/INFINITY};
  };
  return {
      .name = "dropout",
      .definition = "where(rand(shape) >= p, x / (1 - p), 0)",
      .vjp = "dropout_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kDropoutKernels),
      .cases = std::move(all),
      .bad = {{"dtype",
               [] {
                 Rng rng(1);
                 prova::dropout(tensor({1, 2}), 0.5, rng);
               },
               ErrorCode::kDType,
               "dropout: a tensor of int64; need a floating dtype; cast it to float32"},
              {"above",
               [] {
                 Rng rng(1);
                 prova::dropout(zeros({2}), 1.5, rng);
               },
               ErrorCode::kValue, "dropout: p = 1.5; need 0 <= p <= 1"},
              {"below",
               [] {
                 Rng rng(1);
                 prova::dropout(zeros({2}), -0.25, rng);
               },
               ErrorCode::kValue, "dropout: p = -0.25; need 0 <= p <= 1"},
              {"nan",
               [] {
                 Rng rng(1);
                 prova::dropout(zeros({2}), NAN, rng);
               },
               ErrorCode::kValue, "dropout: p = nan; need 0 <= p <= 1"},
              {"mask",
               [] {
                 Rng rng(1);
                 prova::dropout_mask({2}, 2, rng);
               },
               ErrorCode::kValue, "dropout_mask: p = 2; need 0 <= p <= 1"},
              {"backward_shape",
               [] {
                 prova::dropout_backward(zeros({2}), tensor({true, false, true}), 0.5);
               },
               ErrorCode::kShape, "dropout_backward: shapes [2] and [3]; need one shape"},
              {"backward_mask",
               [] {
                 prova::dropout_backward(zeros({2}), tensor({1, 0}), 0.5);
               },
               ErrorCode::kDType, "dropout_backward: a mask of int64; need bool; cast it to bool"},
              {"backward_dtype", [] { prova::dropout_backward(tensor({1}), tensor({true}), 0.5); },
               ErrorCode::kDType,
               "dropout_backward: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward_p", [] { prova::dropout_backward(zeros({1}), tensor({true}), NAN); },
               ErrorCode::kValue, "dropout_backward: p = nan; need 0 <= p <= 1"}},
      .bench = {bench("x_4096x1024_p0.1", {4096, 1024}, 0.1),
                bench("x_128x768_p0.5", {128, 768}, 0.5), bench("x_1024_p0.5", {1 << 10}, 0.5),
                bench("x_65536_p0.5", {1 << 16}, 0.5), bench("x_16777216_p0.5", {1 << 24}, 0.5)},
  };
}

}  // namespace prova::cases

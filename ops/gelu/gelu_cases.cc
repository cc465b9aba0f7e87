#include <numbers>

#include "gradcheck/spec.h"
#include "ops/add/add.h"
#include "ops/gelu/gelu.h"
#include "ops/gelu/gelu_kernels.h"
#include "ops/mul/mul.h"
#include "ops/tanh/tanh.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
Tensor TanhFormByDefinition(const Tensor& x) {
  constexpr double kScale = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  return x * 0.5 * (prova::tanh((x + x * x * x * 0.044715) * kScale) + 1.0);
}
// #endregion definition

Tensor Exact(const Tensor& x) { return prova::gelu(x); }
Tensor TanhForm(const Tensor& x) { return prova::gelu(x, GeluForm::kTanh); }

}  // namespace

OpSpec gelu() {
  const InputSpec x = {.low = -4, .high = 4};
  // Measured at most 2.1 ulp in float32 and 4.2 in float64.
  std::vector<OpCase> all = UnaryCases(Exact, x, {.epsilons = 5});
  // 4 + 6|u| ulp with |u| <= 5.5: an error of the exponent 2u comes back |2u| times as large.
  for (OpCase& sample : UnaryCases(TanhForm, x, {.epsilons = 37}, TanhFormByDefinition)) {
    sample.name = "tanh_" + sample.name;
    sample.call = PythonCall("a", {"approximate='tanh'"});
    all.push_back(std::move(sample));
  }
  const double n = 4096 * 1024;
  return {
      .name = "gelu",
      .definition = "loop; tanh form: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
      .vjp = "gelu_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kGeluKernels),
      .cases = std::move(all),
      .bad = {{"dtype",
               [] {
                 prova::gelu(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "gelu: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward", [] { prova::gelu_backward(zeros({2}), zeros({3})); }, ErrorCode::kShape,
               "gelu_backward: shapes [2] and [3]; need one shape"},
              {"backward_dtype",
               [] {
                 prova::gelu_backward(zeros({2}), tensor({1, 2}));
               },
               ErrorCode::kDType,
               "gelu_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = Joined({{{"exact_4096x1024",
                         {{.shape = {4096, 1024}}},
                         [](const Tensors& in) { return Exact(in[0]); },
                         2 * n * 4,
                         50 * n,
                         "F.gelu(a)"},
                        {"tanh_4096x1024",
                         {{.shape = {4096, 1024}}},
                         [](const Tensors& in) { return TanhForm(in[0]); },
                         2 * n * 4,
                         30 * n,
                         "F.gelu(a, approximate='tanh')"}},
                       PointwiseBench(
                           "exact", {InputSpec()}, [](const Tensors& in) { return Exact(in[0]); },
                           50, "F.gelu(a)"),
                       PointwiseBench(
                           "tanh", {InputSpec()}, [](const Tensors& in) { return TanhForm(in[0]); },
                           30, "F.gelu(a, approximate='tanh')"),
                       PointwiseBench(
                           "backward", {InputSpec(), InputSpec()},
                           [](const Tensors& in) { return gelu_backward(in[0], in[1]); }, 50,
                           "torch.ops.aten.gelu_backward(a, b)")}),
  };
}

}  // namespace prova::cases

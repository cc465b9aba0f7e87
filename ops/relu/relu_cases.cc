#include "gradcheck/spec.h"
#include "ops/relu/relu.h"
#include "ops/relu/relu_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec relu() {
  std::vector<OpCase> all =
      UnaryCases(prova::relu, {.kinks = {0}, .affine = true}, {.epsilons = 0});
  for (OpCase& sample : all) {
    // A single negative number has derivative zero: there would be nothing to check.
    if (NumElements(sample.inputs[0].shape) == 1) sample.inputs[0].low = 0.5;
  }
  const double n = 4096 * 1024;
  return {
      .name = "relu",
      .definition = "loop",
      .vjp = "relu_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kReluKernels),
      // Exact.
      .cases = std::move(all),
      .bad = {{"dtype",
               [] {
                 prova::relu(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "relu: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward", [] { prova::relu_backward(zeros({2}), zeros({3})); }, ErrorCode::kShape,
               "relu_backward: shapes [2] and [3]; need one shape"},
              {"backward_dtype",
               [] {
                 prova::relu_backward(zeros({2}), tensor({1, 2}));
               },
               ErrorCode::kDType,
               "relu_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = Joined({{{"x_4096x1024",
                         {{.shape = {4096, 1024}}},
                         [](const Tensors& in) { return prova::relu(in[0]); },
                         2 * n * 4,
                         n,
                         "torch.relu(a)"}},
                       PointwiseBench(
                           "x", {InputSpec()}, [](const Tensors& in) { return prova::relu(in[0]); },
                           1, "torch.relu(a)"),
                       PointwiseBench(
                           "backward", {InputSpec(), InputSpec()},
                           [](const Tensors& in) { return prova::relu_backward(in[0], in[1]); }, 1,
                           "torch.ops.aten.threshold_backward(a, b, 0)")}),
  };
}

}  // namespace prova::cases

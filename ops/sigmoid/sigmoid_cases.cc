#include "gradcheck/spec.h"
#include "ops/sigmoid/sigmoid.h"
#include "ops/sigmoid/sigmoid_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec sigmoid() {
  const double n = 4096 * 1024;
  const Run run = [](const Tensors& in) { return prova::sigmoid(in[0]); };
  return {
      .name = "sigmoid",
      .definition = "loop",
      .vjp = "sigmoid_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kSigmoidKernels),
      // #region cases
      // The kernels are within 2 ulp; the exact value, the reference in double, adds up to 2.
      .cases = UnaryCases(prova::sigmoid, {.low = -6, .high = 6}, {.epsilons = 4}),
      .bad = {{"dtype",
               [] {
                 prova::sigmoid(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "sigmoid: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward", [] { prova::sigmoid_backward(zeros({2}), zeros({3})); },
               ErrorCode::kShape, "sigmoid_backward: shapes [2] and [3]; need one shape"},
              {"backward_dtype",
               [] {
                 prova::sigmoid_backward(zeros({2}), tensor({1, 2}));
               },
               ErrorCode::kDType,
               "sigmoid_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      // #endregion cases
      // #region bench
      .bench = Joined(
          {{{"x_4096x1024", {{.shape = {4096, 1024}}}, run, 2 * n * 4, 25 * n, "torch.sigmoid(a)"}},
           PointwiseBench("x", {InputSpec()}, run, 25, "torch.sigmoid(a)"),
           PointwiseBench(
               "backward", {{}, {.low = 0, .high = 1}},
               [](const Tensors& in) { return prova::sigmoid_backward(in[0], in[1]); }, 3,
               "torch.ops.aten.sigmoid_backward(a, b)")}),
      // #endregion bench
  };
}

}  // namespace prova::cases

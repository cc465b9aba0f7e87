#include "gradcheck/spec.h"
#include "ops/tanh/tanh.h"
#include "ops/tanh/tanh_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec tanh() {
  const double n = 4096 * 1024;
  return {
      .name = "tanh",
      .definition = "loop",
      .vjp = "tanh_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kTanhKernels),
      // The kernels are within 1.72 ulp in float32, 2.5 in float64; there the C library adds 1.5.
      .cases = UnaryCases(prova::tanh, {.low = -3, .high = 3}, {.epsilons = 4}),
      .bad = {{"dtype",
               [] {
                 prova::tanh(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "tanh: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward", [] { prova::tanh_backward(zeros({2}), zeros({3})); }, ErrorCode::kShape,
               "tanh_backward: shapes [2] and [3]; need one shape"},
              {"backward_dtype",
               [] {
                 prova::tanh_backward(zeros({2}), tensor({1, 2}));
               },
               ErrorCode::kDType,
               "tanh_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = Joined({{{"x_4096x1024",
                         {{.shape = {4096, 1024}}},
                         [](const Tensors& in) { return prova::tanh(in[0]); },
                         2 * n * 4,
                         25 * n,
                         "torch.tanh(a)"}},
                       PointwiseBench(
                           "x", {InputSpec()}, [](const Tensors& in) { return prova::tanh(in[0]); },
                           25, "torch.tanh(a)"),
                       PointwiseBench(
                           "backward", {{}, {.low = -1, .high = 1}},
                           [](const Tensors& in) { return prova::tanh_backward(in[0], in[1]); }, 3,
                           "torch.ops.aten.tanh_backward(a, b)")}),
  };
}

}  // namespace prova::cases

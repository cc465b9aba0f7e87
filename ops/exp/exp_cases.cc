#include "gradcheck/spec.h"
#include "ops/exp/exp.h"
#include "ops/exp/exp_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec exp() {
  const double n = 4096 * 1024;
  return {
      .name = "exp",
      .definition = "loop",
      .vjp = "exp_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kExpKernels),
      // The kernels are within 1 ulp and the C library, in double, within half of one.
      .cases = UnaryCases(prova::exp, {.low = -4, .high = 4}, {.epsilons = 1.5}),
      .bad = {{"dtype",
               [] {
                 prova::exp(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "exp: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = Joined({{{"x_4096x1024",
                         {{.shape = {4096, 1024}}},
                         [](const Tensors& in) { return prova::exp(in[0]); },
                         2 * n * 4,
                         20 * n,
                         "torch.exp(a)"}},
                       PointwiseBench(
                           "x", {InputSpec()}, [](const Tensors& in) { return prova::exp(in[0]); },
                           20, "torch.exp(a)")}),
  };
}

}  // namespace prova::cases

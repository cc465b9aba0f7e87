#include "gradcheck/spec.h"
#include "ops/sqrt/sqrt.h"
#include "ops/sqrt/sqrt_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec sqrt() {
  const double n = 4096 * 1024;
  return {
      .name = "sqrt",
      .definition = "loop",
      .vjp = "sqrt_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kSqrtKernels),
      // Correctly rounded.
      .cases = UnaryCases(prova::sqrt, {.low = 0.1, .high = 10}, {.epsilons = 0.5}),
      .bad = {{"dtype",
               [] {
                 prova::sqrt(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "sqrt: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench =
          Joined({{{"x_4096x1024",
                    {{.shape = {4096, 1024}, .low = 0.1, .high = 10}},
                    [](const Tensors& in) { return prova::sqrt(in[0]); },
                    2 * n * 4,
                    n,
                    "torch.sqrt(a)"}},
                  PointwiseBench(
                      "x", {{.low = 0.1, .high = 10}},
                      [](const Tensors& in) { return prova::sqrt(in[0]); }, 1, "torch.sqrt(a)")}),
  };
}

}  // namespace prova::cases

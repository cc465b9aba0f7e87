#include "gradcheck/spec.h"
#include "ops/log/log.h"
#include "ops/log/log_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec log() {
  const double n = 4096 * 1024;
  return {
      .name = "log",
      .definition = "loop",
      .vjp = "log_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kLogKernels),
      // The kernels are within 1 ulp and the C library, in double, within half of one.
      .cases = UnaryCases(prova::log, {.low = 0.1, .high = 10}, {.epsilons = 1.5}),
      .bad = {{"dtype",
               [] {
                 prova::log(tensor({1, 2}));
               },
               ErrorCode::kDType,
               "log: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench =
          Joined({{{"x_4096x1024",
                    {{.shape = {4096, 1024}, .low = 0.1, .high = 10}},
                    [](const Tensors& in) { return prova::log(in[0]); },
                    2 * n * 4,
                    20 * n,
                    "torch.log(a)"}},
                  PointwiseBench(
                      "x", {{.low = 0.1, .high = 10}},
                      [](const Tensors& in) { return prova::log(in[0]); }, 20, "torch.log(a)")}),
  };
}

}  // namespace prova::cases

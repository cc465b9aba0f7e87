#include "gradcheck/spec.h"
#include "ops/div/div.h"
#include "ops/div/div_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec div() {
  const BinaryFunction quotient = [](const Tensor& a, const Tensor& b) { return prova::div(a, b); };
  const Run run = [](const Tensors& in) { return prova::div(in[0], in[1]); };
  const InputSpec divisor = {.low = 0.5, .high = 3};
  const double n = 4096 * 1024;
  return {
      .name = "div",
      .python = "divide",
      .definition = "loop",
      .vjp = "div_backward",
      .dtypes = NumericDTypes(),
      .columns = Columns(kDivKernels),
      // One rounding: half an epsilon.
      .cases = BinaryCases(quotient, {}, divisor, {.epsilons = 0.5}),
      .bad = {{"shapes",
               [] {
                 prova::div(zeros({2, 3}), zeros({4}));
               },
               ErrorCode::kShape,
               "div: shapes [2, 3] and [4] differ at axis -1; need equal sizes or 1 on every axis, "
               "counted from the back"},
              {"bool", [] { prova::div(tensor({true}), tensor({true})); }, ErrorCode::kDType,
               "div: a tensor of bool; need a numeric dtype; cast it to int64"}},
      .bench = Joined(
          {{{"same_4096x1024",
             {{.shape = {4096, 1024}}, {.shape = {4096, 1024}, .low = 0.5, .high = 3}},
             run,
             3 * n * 4,
             n,
             "torch.div(a, b)"},
            {"column_4096x1024",
             {{.shape = {4096, 1024}}, {.shape = {4096, 1}, .low = 0.5, .high = 3}},
             run,
             (2.0 * 1024 + 1) * 4096 * 4,
             n,
             "torch.div(a, b)"}},
           PointwiseBench("same", {{}, {.low = 0.5, .high = 3}}, run, 1, "torch.div(a, b)")}),
  };
}

}  // namespace prova::cases

#include "gradcheck/spec.h"
#include "ops/mul/mul.h"
#include "ops/mul/mul_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec mul() {
  const BinaryFunction product = [](const Tensor& a, const Tensor& b) { return prova::mul(a, b); };
  const Run run = [](const Tensors& in) { return prova::mul(in[0], in[1]); };
  return {
      .name = "mul",
      .python = "multiply",
      .definition = "loop",
      .vjp = "mul_backward",
      .dtypes = NumericDTypes(),
      .columns = Columns(kMulKernels),
      // One rounding: half an epsilon.
      .cases = BinaryCases(product, {}, {}, {.epsilons = 0.5}),
      .bad = {{"shapes",
               [] {
                 prova::mul(zeros({2, 3}), zeros({4}));
               },
               ErrorCode::kShape,
               "mul: shapes [2, 3] and [4] differ at axis -1; need equal sizes or 1 on every axis, "
               "counted from the back"},
              {"bool", [] { prova::mul(tensor({true}), tensor({true})); }, ErrorCode::kDType,
               "mul: a tensor of bool; need a numeric dtype; cast it to int64"}},
      .bench =
          Joined({{{"same_4096x1024",
                    {{.shape = {4096, 1024}}, {.shape = {4096, 1024}}},
                    run,
                    3.0 * 4096 * 1024 * 4,
                    4096 * 1024,
                    "torch.mul(a, b)"},
                   {"column_4096x1024",
                    {{.shape = {4096, 1024}}, {.shape = {4096, 1}}},
                    run,
                    (2.0 * 1024 + 1) * 4096 * 4,
                    4096 * 1024,
                    "torch.mul(a, b)"}},
                  PointwiseBench("same", {InputSpec(), InputSpec()}, run, 1, "torch.mul(a, b)")}),
  };
}

}  // namespace prova::cases

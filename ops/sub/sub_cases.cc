#include "gradcheck/spec.h"
#include "ops/sub/sub.h"
#include "ops/sub/sub_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec sub() {
  const BinaryFunction difference = [](const Tensor& a, const Tensor& b) {
    return prova::sub(a, b);
  };
  const Run run = [](const Tensors& in) { return prova::sub(in[0], in[1]); };
  return {
      .name = "sub",
      .python = "subtract",
      .definition = "loop",
      .vjp = "mul_backward",
      .dtypes = NumericDTypes(),
      .columns = Columns(kSubKernels),
      // One rounding: half an epsilon.
      .cases = BinaryCases(difference, {.affine = true}, {.affine = true}, {.epsilons = 0.5}),
      .bad = {{"shapes",
               [] {
                 prova::sub(zeros({2, 3}), zeros({4}));
               },
               ErrorCode::kShape,
               "sub: shapes [2, 3] and [4] differ at axis -1; need equal sizes or 1 on every axis, "
               "counted from the back"},
              {"bool", [] { prova::sub(tensor({true}), tensor({true})); }, ErrorCode::kDType,
               "sub: a tensor of bool; need a numeric dtype; cast it to int64"}},
      .bench =
          Joined({{{"same_4096x1024",
                    {{.shape = {4096, 1024}}, {.shape = {4096, 1024}}},
                    run,
                    3.0 * 4096 * 1024 * 4,
                    4096 * 1024,
                    "torch.sub(a, b)"},
                   {"column_4096x1024",
                    {{.shape = {4096, 1024}}, {.shape = {4096, 1}}},
                    run,
                    (2.0 * 1024 + 1) * 4096 * 4,
                    4096 * 1024,
                    "torch.sub(a, b)"}},
                  PointwiseBench("same", {InputSpec(), InputSpec()}, run, 1, "torch.sub(a, b)")}),
  };
}

}  // namespace prova::cases

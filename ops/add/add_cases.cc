#include "gradcheck/spec.h"
#include "ops/add/add.h"
#include "ops/add/add_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec add() {
  const BinaryFunction sum = [](const Tensor& a, const Tensor& b) { return prova::add(a, b); };
  const Run run = [](const Tensors& in) { return prova::add(in[0], in[1]); };
  return {
      .name = "add",
      .definition = "loop",
      .vjp = "add_backward",
      .dtypes = NumericDTypes(),
      .columns = Columns(kAddKernels),
      // One rounding: half an epsilon.
      .cases = BinaryCases(sum, {.affine = true}, {.affine = true}, {.epsilons = 0.5}),
      .bad = {{"shapes",
               [] {
                 prova::add(zeros({2, 3}), zeros({4}));
               },
               ErrorCode::kShape,
               "add: shapes [2, 3] and [4] differ at axis -1; need equal sizes or 1 on every axis, "
               "counted from the back"},
              {"bool", [] { prova::add(tensor({true}), tensor({true})); }, ErrorCode::kDType,
               "add: a tensor of bool; need a numeric dtype; cast it to int64"}},
      .bench =
          Joined({{{"same_4096x1024",
                    {{.shape = {4096, 1024}}, {.shape = {4096, 1024}}},
                    run,
                    3.0 * 4096 * 1024 * 4,
                    4096 * 1024,
                    "torch.add(a, b)"},
                   {"row_4096x1024",
                    {{.shape = {4096, 1024}}, {.shape = {1024}}},
                    run,
                    (2.0 * 4096 + 1) * 1024 * 4,
                    4096 * 1024,
                    "torch.add(a, b)"}},
                  PointwiseBench("same", {InputSpec(), InputSpec()}, run, 1, "torch.add(a, b)")}),
  };
}

}  // namespace prova::cases

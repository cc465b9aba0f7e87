#include "gradcheck/spec.h"
#include "ops/neg/neg.h"
#include "ops/neg/neg_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec neg() {
  const double n = 4096 * 1024;
  return {
      .name = "neg",
      .python = "negative",
      .definition = "loop",
      .vjp = "neg_backward",
      .dtypes = NumericDTypes(),
      .columns = Columns(kNegKernels),
      // Exact.
      .cases = UnaryCases(prova::neg, {.affine = true}, {.epsilons = 0}),
      .bad = {{"bool", [] { prova::neg(tensor({true})); }, ErrorCode::kDType,
               "neg: a tensor of bool; need a numeric dtype; cast it to int64"}},
      .bench = Joined({{{"x_4096x1024",
                         {{.shape = {4096, 1024}}},
                         [](const Tensors& in) { return prova::neg(in[0]); },
                         2 * n * 4,
                         n,
                         "torch.neg(a)"}},
                       PointwiseBench(
                           "x", {InputSpec()}, [](const Tensors& in) { return prova::neg(in[0]); },
                           1, "torch.neg(a)")}),
  };
}

}  // namespace prova::cases

#include "gradcheck/spec.h"
#include "ops/$name/$name.h"
#include "ops/${name}/${name}_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec $name() {
  const Run run = [](const Tensors& in) { return prova::$name(in[0]); };
  return {
      .name = "$name",
      .definition = "loop",
      .vjp = "${name}_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(k${Name}Kernels),
      // FILL IN: the domain and kinks of the input, the error in epsilons with its reason; affine
      // only where the formula is.
      .cases = UnaryCases([](const Tensor& x) { return prova::$name(x); }, {.affine = true},
                          {.epsilons = 0}),
      .bad = {{"dtype", [] { prova::$name(tensor({1, 2})); }, ErrorCode::kDType,
               "$name: a tensor of int64; need a floating dtype; cast it to float32"},
              {"backward", [] { prova::${name}_backward(zeros({2}), zeros({3})); },
               ErrorCode::kShape, "${name}_backward: shapes [2] and [3]; need one shape"}},
      // FILL IN: how many operations an element takes, and the same in PyTorch's words over a, b, …
      .bench = PointwiseBench("x", {InputSpec()}, run, 1, ""),
  };
}

}  // namespace prova::cases

#include "gradcheck/spec.h"
#include "ops/$name/$name.h"
#include "ops/${name}/${name}_kernels.h"
#include "tensor/create.h"

namespace prova::cases {

OpSpec $name() {
  const Run run = [](const Tensors& in) { return prova::$name(in[0]); };
  const double n = 4096.0 * 1024;
  return {
      .name = "$name",
      .definition = "loop",
      .vjp = "${name}_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(k${Name}Kernels),
      // FILL IN: the domain and kinks of the input, the error in epsilons with its reason; not affine
      // unless the formula is.
      .cases = UnaryCases([](const Tensor& x) { return prova::$name(x); }, {.affine = true},
                          {.epsilons = 0}),
      .bad = {{"dtype", [] { prova::$name(tensor({1, 2})); }, ErrorCode::kDType,
               "$name: a tensor of int64; need a floating dtype; convert with cast(x, "
               "DType::kFloat32)"}},
      .bench = {{"x_4096x1024", {{.shape = {4096, 1024}}}, run, 2 * n * 4, n}},
  };
}

}  // namespace prova::cases

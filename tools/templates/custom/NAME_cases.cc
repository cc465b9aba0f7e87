#include "gradcheck/spec.h"
#include "ops/$name/$name.h"
#include "ops/${name}/${name}_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

OpCase Along(const Shape& shape, int64_t axis) {
  return {.name = "x" + ToString(shape) + "_axis" + std::to_string(axis),
          // FILL IN: the domain of the input; not affine unless the operation is.
          .inputs = {{.shape = shape, .affine = true}},
          .run = [axis](const Tensors& in) { return prova::$name(in[0], axis); },
          .call = PythonCall("a", {PythonAxes({axis})}),
          // FILL IN: the error in epsilons, with its reason.
          .tolerance = {.epsilons = 0},
          .check_gradient = NumElements(shape) > 0};
}

}  // namespace

OpSpec $name() {
  std::vector<OpCase> all = {Along({2, 3, 4}, 0), Along({2, 3, 4}, 1), Along({2, 3, 4}, -1),
                             Along({3, 0}, 0), Along({0, 3}, 1)};
  for (int64_t length : LengthsAroundVectors()) all.push_back(Along({2, length}, 1));
  const Run run = [](const Tensors& in) { return prova::$name(in[0]); };
  const double n = 4096.0 * 1024;
  return {
      .name = "$name",
      // FILL IN: the composition that defines it, or keep the loop of a leaf operation.
      .definition = "loop",
      .vjp = "${name}_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(k${Name}Kernels),
      .cases = std::move(all),
      .bad = {{"axis", [] { prova::$name(zeros({2, 5}), 3); }, ErrorCode::kIndex,
               "$name: axis 3 is out of range for shape [2, 5]; need -2..1"},
              {"dtype", [] { prova::$name(tensor({1, 2})); }, ErrorCode::kDType,
               "$name: a tensor of int64; need a floating dtype; cast it to float32"}},
      // FILL IN: bytes and operations of each, and last the same in PyTorch's words over a, b, …
      .bench = {{"rows_4096x1024", {{.shape = {4096, 1024}}}, run, 2 * n * 4, n}},
  };
}

}  // namespace prova::cases

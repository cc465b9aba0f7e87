#include "gradcheck/spec.h"
#include "ops/$name/$name.h"
#include "ops/${name}/${name}_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

OpCase Over(const Shape& shape, const Dims& axes) {
  return {.name = "x" + ToString(shape) + "_axes" + ToString(axes),
          // FILL IN: the domain of the input; not affine unless the reduction is.
          .inputs = {{.shape = shape, .affine = true}},
          .run = [axes](const Tensors& in) { return prova::$name(in[0], axes); },
          .call = PythonCall("a", {PythonAxes(axes)}),
          // FILL IN: the error in epsilons, with its reason.
          .tolerance = SumTolerance(NumElements(shape)),
          .check_gradient = NumElements(shape) > 0};
}

}  // namespace

OpSpec $name() {
  std::vector<OpCase> all = {Over({2, 3, 4}, {}),  Over({2, 3, 4}, {0}), Over({2, 3, 4}, {1}),
                             Over({2, 3, 4}, {2}), Over({2, 3, 4}, {0, 2}), Over({3, 0}, {0})};
  for (int64_t length : LengthsAroundVectors()) {
    if (length > 0) all.push_back(Over({length}, {}));
    if (length > 0) all.push_back(Over({3, length}, {0}));
  }
  const double n = 4096.0 * 1024;
  const Run rows = [](const Tensors& in) { return prova::$name(in[0], {1}); };
  const Run columns = [](const Tensors& in) { return prova::$name(in[0], {0}); };
  return {
      .name = "$name",
      // FILL IN: the composition that defines it, or keep the loop of a leaf operation.
      .definition = "loop",
      .vjp = "${name}_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(k${Name}Kernels),
      .cases = std::move(all),
      .bad = {{"axis", [] { prova::$name(zeros({2, 5}), {2}); }, ErrorCode::kIndex,
               "$name: axis 2 is out of range for shape [2, 5]; need -2..1"},
              {"dtype", [] { prova::$name(tensor({1, 2})); }, ErrorCode::kDType,
               "$name: a tensor of int64; need a floating dtype; cast it to float32"}},
      // FILL IN: bytes and operations of each, and last the same in PyTorch's words over a, b, …
      .bench = {{"rows_4096x1024", {{.shape = {4096, 1024}}}, rows, n * 4, n},
                {"columns_4096x1024", {{.shape = {4096, 1024}}}, columns, n * 4, n}},
  };
}

}  // namespace prova::cases

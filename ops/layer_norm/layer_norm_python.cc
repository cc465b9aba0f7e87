#include "ops/layer_norm/layer_norm.h"
#include "python/operation.h"

namespace prova::bindings {

void layer_norm(python::Operation& op) {
  op.def(
      "layer_norm",
      [](const Tensor& x, const std::optional<Tensor>& weight, const std::optional<Tensor>& bias,
         double epsilon) {
        return prova::layer_norm(x, weight.value_or(Tensor()), bias.value_or(Tensor()), epsilon);
      },
      "x"_a, "weight"_a = nb::none(), "bias"_a = nb::none(), "epsilon"_a = 1e-5);
}

}  // namespace prova::bindings

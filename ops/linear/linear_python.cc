#include "ops/linear/linear.h"
#include "python/operation.h"

namespace prova::bindings {

void linear(python::Operation& op) {
  op.def(
      "linear",
      [](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
         const std::string& activation) {
        return prova::linear(x, weight, bias.value_or(Tensor()),
                             python::Pick<Activation>({"linear", "activation"}, activation,
                                                      {{"none", Activation::kNone},
                                                       {"relu", Activation::kRelu},
                                                       {"gelu", Activation::kGelu}}));
      },
      "x"_a, "weight"_a, "bias"_a = nb::none(), "activation"_a = "none");
}

}  // namespace prova::bindings

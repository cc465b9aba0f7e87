#include "ops/gelu/gelu.h"
#include "python/operation.h"

namespace prova::bindings {

void gelu(python::Operation& op) {
  op.def(
      "gelu",
      [](const Tensor& x, const std::string& approximate) {
        return prova::gelu(
            x, python::Pick<GeluForm>({"gelu", "approximate"}, approximate,
                                      {{"none", GeluForm::kExact}, {"tanh", GeluForm::kTanh}}));
      },
      "x"_a, "approximate"_a = "none");
}

}  // namespace prova::bindings

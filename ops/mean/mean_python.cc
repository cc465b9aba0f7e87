#include "ops/mean/mean.h"
#include "python/operation.h"

namespace prova::bindings {

void mean(python::Operation& op) {
  op.def(
      "mean",
      [](const Tensor& x, const std::optional<Dims>& axis, bool keepdims) {
        return python::Over(x, axis, keepdims, prova::mean);
      },
      "x"_a, "axis"_a = nb::none(), "keepdims"_a = false);
}

}  // namespace prova::bindings

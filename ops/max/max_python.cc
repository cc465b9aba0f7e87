#include "ops/max/max.h"
#include "python/operation.h"

namespace prova::bindings {

void max(python::Operation& op) {
  op.def(
      "max",
      [](const Tensor& x, const std::optional<Dims>& axis, bool keepdims) {
        return python::Over(x, axis, keepdims, prova::max);
      },
      "x"_a, "axis"_a = nb::none(), "keepdims"_a = false);
}

}  // namespace prova::bindings

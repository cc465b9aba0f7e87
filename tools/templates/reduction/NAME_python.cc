#include "ops/$name/$name.h"
#include "python/operation.h"

namespace prova::bindings {

void $name(python::Operation& op) {
  op.def(
      "$name",
      [](const Tensor& x, const std::optional<Dims>& axis, bool keepdims) {
        return python::Over(x, axis, keepdims, prova::$name);
      },
      "x"_a, "axis"_a = nb::none(), "keepdims"_a = false);
}

}  // namespace prova::bindings

#include "ops/sum/sum.h"
#include "python/operation.h"

namespace prova::bindings {

void sum(python::Operation& op) {
  op.def(
      "sum",
      [](const Tensor& x, const std::optional<Dims>& axis, std::optional<DType> dtype,
         bool keepdims) {
        return python::Over(cast(x, dtype.value_or(x.dtype())), axis, keepdims, prova::sum);
      },
      "x"_a, "axis"_a = nb::none(), "dtype"_a = nb::none(), "keepdims"_a = false);
}

}  // namespace prova::bindings

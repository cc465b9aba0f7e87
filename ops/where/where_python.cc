#include "ops/where/where.h"
#include "python/operation.h"

namespace prova::bindings {

void where(python::Operation& op) {
  op.def(
      "where",
      [](const Tensor& condition, const nb::object& x1, const nb::object& x2) {
        const auto [a, b] = python::TakeOperands("where", "x1", x1, "x2", x2);
        const python::Unlocked unlocked(condition.numel());
        return prova::where(condition, a, b);
      },
      "condition"_a, "x1"_a, "x2"_a);
}

}  // namespace prova::bindings

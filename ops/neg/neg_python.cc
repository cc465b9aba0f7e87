#include "ops/neg/neg.h"
#include "python/operation.h"

namespace prova::bindings {

void neg(python::Operation& op) {
  op.def("negative", prova::neg, "x"_a);
  op.unary_operator("__neg__", prova::neg);
}

}  // namespace prova::bindings

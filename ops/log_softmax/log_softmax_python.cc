#include "ops/log_softmax/log_softmax.h"
#include "python/operation.h"

namespace prova::bindings {

void log_softmax(python::Operation& op) {
  op.def("log_softmax", prova::log_softmax, "x"_a, "axis"_a = -1);
}

}  // namespace prova::bindings

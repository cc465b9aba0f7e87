#include "ops/softmax/softmax.h"
#include "python/operation.h"

namespace prova::bindings {

void softmax(python::Operation& op) { op.def("softmax", prova::softmax, "x"_a, "axis"_a = -1); }

}  // namespace prova::bindings

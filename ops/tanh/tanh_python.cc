#include "ops/tanh/tanh.h"
#include "python/operation.h"

namespace prova::bindings {

void tanh(python::Operation& op) { op.def("tanh", prova::tanh, "x"_a); }

}  // namespace prova::bindings

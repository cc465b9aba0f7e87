#include "ops/relu/relu.h"
#include "python/operation.h"

namespace prova::bindings {

void relu(python::Operation& op) { op.def("relu", prova::relu, "x"_a); }

}  // namespace prova::bindings

#include "ops/sigmoid/sigmoid.h"
#include "python/operation.h"

namespace prova::bindings {

void sigmoid(python::Operation& op) { op.def("sigmoid", prova::sigmoid, "x"_a); }

}  // namespace prova::bindings

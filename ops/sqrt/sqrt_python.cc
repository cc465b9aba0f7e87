#include "ops/sqrt/sqrt.h"
#include "python/operation.h"

namespace prova::bindings {

void sqrt(python::Operation& op) { op.def("sqrt", prova::sqrt, "x"_a); }

}  // namespace prova::bindings

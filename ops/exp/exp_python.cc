#include "ops/exp/exp.h"
#include "python/operation.h"

namespace prova::bindings {

void exp(python::Operation& op) { op.def("exp", prova::exp, "x"_a); }

}  // namespace prova::bindings

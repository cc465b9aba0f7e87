#include "ops/dropout/dropout.h"
#include "python/operation.h"

namespace prova::bindings {

void dropout(python::Operation& op) { op.def("dropout", prova::dropout, "x"_a, "p"_a, "rng"_a); }

}  // namespace prova::bindings

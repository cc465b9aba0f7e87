#include "ops/log/log.h"
#include "python/operation.h"

namespace prova::bindings {

void log(python::Operation& op) { op.def("log", prova::log, "x"_a); }

}  // namespace prova::bindings

#include "ops/$name/$name.h"
#include "python/operation.h"

namespace prova::bindings {

void $name(python::Operation& op) { op.def("$name", prova::$name, "x"_a); }

}  // namespace prova::bindings

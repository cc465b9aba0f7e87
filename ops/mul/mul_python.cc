#include "ops/mul/mul.h"
#include "python/operation.h"

namespace prova::bindings {

void mul(python::Operation& op) { op.binary("multiply", prova::mul, "__mul__", "__rmul__"); }

}  // namespace prova::bindings

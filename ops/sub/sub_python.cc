#include "ops/sub/sub.h"
#include "python/operation.h"

namespace prova::bindings {

void sub(python::Operation& op) { op.binary("subtract", prova::sub, "__sub__", "__rsub__"); }

}  // namespace prova::bindings

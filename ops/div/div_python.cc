#include "ops/div/div.h"
#include "python/operation.h"

namespace prova::bindings {

void div(python::Operation& op) { op.binary("divide", prova::div, "__truediv__", "__rtruediv__"); }

}  // namespace prova::bindings

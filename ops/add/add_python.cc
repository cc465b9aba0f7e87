#include "ops/add/add.h"
#include "python/operation.h"

namespace prova::bindings {

void add(python::Operation& op) { op.binary("add", prova::add, "__add__", "__radd__"); }

}  // namespace prova::bindings

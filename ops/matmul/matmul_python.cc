#include "ops/matmul/matmul.h"
#include "python/operation.h"

namespace prova::bindings {

void matmul(python::Operation& op) {
  op.binary("matmul", prova::matmul, "__matmul__", "__rmatmul__");
}

}  // namespace prova::bindings

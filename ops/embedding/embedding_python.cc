#include "ops/embedding/embedding.h"
#include "python/operation.h"

namespace prova::bindings {

void embedding(python::Operation& op) {
  op.def("embedding", prova::embedding, "indices"_a, "weight"_a);
}

}  // namespace prova::bindings

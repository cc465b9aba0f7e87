#include "ops/sigmoid/sigmoid.h"
#include "python/operation.h"

namespace prova::bindings {

// #region python
void sigmoid(python::Operation& op) { op.def("sigmoid", prova::sigmoid, "x"_a); }
// #endregion python

}  // namespace prova::bindings

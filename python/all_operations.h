#pragma once

#include "python/operation.h"

namespace prova::python {

/// Defines every operation of ops/ops.bzl; generated.
void DefineAllOperations(nb::module_& module, nb::class_<Tensor>& tensor);

}  // namespace prova::python

#pragma once

#include "python/arguments.h"

namespace prova::python {

/// Derivatives in PyTorch's habit, as attributes and methods of Tensor, and what the functions of
/// prova/functional.py, JAX's habit, are made of.
void DefineAutograd(nb::module_& module, nb::class_<Tensor>& tensor);

}  // namespace prova::python

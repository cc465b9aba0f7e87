#pragma once

#include "python/arguments.h"

namespace prova::python {

/// x in memory of its own, followed by the tape.
Tensor Duplicate(const Tensor& x);

/// Defines the functions that give new shapes to the same elements, under the Array API's names.
void DefineMovement(nb::module_& module, nb::class_<Tensor>& tensor);

}  // namespace prova::python

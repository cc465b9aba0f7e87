#pragma once

#include "python/arguments.h"

namespace prova::python {

/// The class prova.Tensor: attributes, conversion to Python's numbers and lists, indexing, text.
nb::class_<Tensor> DefineTensor(nb::module_& module);

}  // namespace prova::python

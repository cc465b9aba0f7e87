#pragma once

#include <nanobind/nanobind.h>

namespace prova::python {

namespace nb = nanobind;

/// Defines what prova.nn, prova.optim, prova.save and prova.load call: initial weights, optimizers
/// with what they train, files of named tensors.
void DefineTraining(nb::module_& module);

}  // namespace prova::python

#pragma once

#include <nanobind/nanobind.h>

namespace prova::python {

/// Defines what prova/verifying.py asks of the cases of operations: their inputs, the exact result
/// and how far a given one is from it, and the check of a gradient.
void DefineProof(nanobind::module_& module);

}  // namespace prova::python

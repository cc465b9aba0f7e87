#pragma once

#include <nanobind/nanobind.h>

namespace prova::python {

namespace nb = nanobind;

/// Defines what prova.data calls: reading digits, taking rows, warping images.
void DefineData(nb::module_& module);

}  // namespace prova::python

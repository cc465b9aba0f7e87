#pragma once

#include <nanobind/nanobind.h>

namespace prova::python {

/// Turns prova::Error into the exception of prova/errors.py that has its code.
void TranslateErrors();

}  // namespace prova::python

#include "python/errors.h"

#include "base/error.h"

namespace prova::python {
namespace {

namespace nb = nanobind;

/// The class for a code, from the table that prova/errors.py keeps.
nb::object ExceptionOf(ErrorCode code) {
  const nb::object classes = nb::module_::import_("prova.errors").attr("BY_CODE");
  return classes[ToString(code)];
}

void Translate(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    PyErr_SetString(ExceptionOf(error.code()).ptr(), error.what());
  }
}

}  // namespace

void TranslateErrors() { nb::register_exception_translator(Translate); }

}  // namespace prova::python

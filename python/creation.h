#pragma once

#include <optional>

#include "python/arguments.h"

namespace prova::python {

/// A tensor of whatever holds numbers: a number, nested lists, the memory of an array. Numbers are
/// bool, int64 or float32 by their Python types unless `dtype` says. Shares memory where it can.
/// Errors: kDType for other objects, kShape for ragged lists, kValue for integers out of range.
Tensor AsTensor(const Place& at, nb::handle object, std::optional<DType> dtype = {});

/// Defines tensor, asarray, from_dlpack, zeros, full, arange, rand and their like.
void DefineCreation(nb::module_& module);

}  // namespace prova::python

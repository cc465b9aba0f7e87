#pragma once

#include <nanobind/nanobind.h>

#include "tensor/device.h"
#include "tensor/dtype.h"

namespace prova::python {

namespace nb = nanobind;

/// The dtype or device inside a Python object of ours, or null.
const DType* DTypeIn(nb::handle object);
const Device* DeviceIn(nb::handle object);

/// The one object of a dtype, such as `prova.float32`.
nb::object ToPython(DType dtype);
nb::object ToPython(const Device& device);

/// Defines the classes DType, Device and Rng, and the dtypes.
void DefineObjects(nb::module_& module);

}  // namespace prova::python

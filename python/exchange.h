#pragma once

#include <optional>

#include <nanobind/nanobind.h>

#include "python/arguments.h"

namespace prova::python {

/// Memory shared with NumPy, PyTorch and whoever speaks the buffer protocol or DLPack. Nothing is
/// copied; either side keeps the memory alive; what was lent for reading is never written.

/// A tensor over the memory of `object`; undefined where it offers none. Errors: kDType for
/// elements that Prova has not, kUnsupported for memory that it cannot read where it lies, kDevice.
Tensor FromMemory(const Place& at, nb::handle object);

/// As above, by DLPack alone. Errors: kDType where `object` does not speak it.
Tensor FromDLPack(const Place& at, nb::handle object);

/// A tensor's own memory seen as bytes, and the other way round.
Tensor AsBytes(const Tensor& x);
Tensor FromBytes(const Tensor& bytes, DType dtype, const Shape& shape);

/// The slots of the buffer protocol, for the class Tensor.
extern PyType_Slot kTensorSlots[];

/// Defines __dlpack__, __dlpack_device__, __array__ and from_dlpack.
void DefineExchange(nb::module_& module, nb::class_<Tensor>& tensor);

}  // namespace prova::python

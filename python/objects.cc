#include "python/objects.h"

#include <functional>

#include "base/parallel_for.h"
#include "base/philox.h"
#include "python/define.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

/// A dtype as an object: enumerations of C++ are no classes.
struct DTypeObject {
  DType dtype;
};

// The module holds them for as long as it lives.
PyObject* dtype_objects[std::size(kAllDTypes)] = {};

template <typename T>
T* Inside(nb::handle object) {
  return nb::isinstance<T>(object) && nb::inst_ready(object) ? nb::inst_ptr<T>(object) : nullptr;
}

void DefineDTypes(nb::module_& module) {
  nb::class_<DTypeObject>(module, "DType", "The type of a tensor's elements.")
      .def_prop_ro("name", [](const DTypeObject& self) { return nb::str(ToString(self.dtype)); })
      .def_prop_ro("itemsize", [](const DTypeObject& self) { return ItemSize(self.dtype); })
      .def(
          "__eq__",
          [](const DTypeObject& self, nb::handle other) {
            const DType* dtype = DTypeIn(other);
            return dtype != nullptr && *dtype == self.dtype;
          },
          "other"_a.none(), nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__", [](const DTypeObject& self) { return static_cast<int>(self.dtype); })
      .def("__repr__",
           [](const DTypeObject& self) { return nb::str(Cat("prova.", self.dtype).c_str()); })
      .def(
          "__reduce__",
          [](const DTypeObject& self) {
            return nb::make_tuple(nb::module_::import_("prova._pickle").attr("dtype"),
                                  nb::make_tuple(ToString(self.dtype)));
          },
          nb::sig("def __reduce__(self) -> tuple[object, ...]"));
  nb::list held;
  for (DType dtype : kAllDTypes) {
    const nb::object object = nb::cast(DTypeObject{dtype});
    held.append(object);
    dtype_objects[static_cast<int>(dtype)] = object.ptr();
  }
  module.attr("_dtypes") = nb::tuple(held);
  Define(
      module, "_dtype", "The dtype of a name.",
      [](DType dtype) { return DTypeResult(ToPython(dtype)); }, "name"_a);
  Define(
      module, "_promote_types", "The dtype of an operation on two dtypes.",
      [](DType a, DType b) { return DTypeResult(ToPython(promote_types(a, b))); }, "a"_a, "b"_a);
}

void DefineDevices(nb::module_& module) {
  nb::class_<Device>(module, "Device", "Where a tensor's memory lives: `Device('cpu')`.")
      .def(
          "__init__",
          [](Device* self, nb::handle name) {
            new (self) Device(Argument<Device>::Take({"Device", "name"}, name));
          },
          "name"_a.none(), nb::sig("def __init__(self, name: str | Device) -> None"))
      .def_prop_ro("type",
                   [](const Device& self) {
                     return nb::str(self.kind == DeviceKind::kCpu ? "cpu" : "cuda");
                   })
      .def_ro("index", &Device::index)
      .def(
          "__eq__",
          [](const Device& self, nb::handle other) {
            const Device* device = DeviceIn(other);
            return device != nullptr && *device == self;
          },
          "other"_a.none(), nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__",
           [](const Device& self) { return static_cast<int>(self.kind) * 4096 + self.index; })
      .def("__str__", [](const Device& self) { return nb::str(ToString(self).c_str()); })
      .def("__repr__",
           [](const Device& self) { return nb::str(Cat("Device('", self, "')").c_str()); })
      .def(
          "__reduce__",
          [](const Device& self) {
            return nb::make_tuple(nb::type<Device>(), nb::make_tuple(ToString(self).c_str()));
          },
          nb::sig("def __reduce__(self) -> tuple[object, ...]"));
}

void DefineRng(nb::module_& module) {
  nb::class_<Rng>(
      module, "Rng",
      "A source of random numbers: a seed, a stream and a position. The same state gives "
      "the same numbers on every device and for any number of threads.")
      .def(nb::init<uint64_t, uint64_t, uint64_t>(), "seed"_a, "stream"_a = 0, "position"_a = 0)
      .def("split", &Rng::Split, "An independent generator; both may be used on.")
      .def_prop_ro("seed", &Rng::seed)
      .def_prop_ro("stream", &Rng::stream)
      .def_prop_ro("position", &Rng::position)
      .def("__repr__",
           [](const Rng& self) {
             return nb::str(Cat("Rng(seed=", self.seed(), ", stream=", self.stream(),
                                ", position=", self.position(), ")")
                                .c_str());
           })
      .def("__copy__", [](const Rng& self) { return self; })
      .def(
          "__deepcopy__", [](const Rng& self, nb::handle) { return self; }, "memo"_a.none())
      .def(
          "__reduce__",
          [](const Rng& self) {
            return nb::make_tuple(nb::type<Rng>(),
                                  nb::make_tuple(self.seed(), self.stream(), self.position()));
          },
          nb::sig("def __reduce__(self) -> tuple[object, ...]"));
}

}  // namespace

const DType* DTypeIn(nb::handle object) {
  const DTypeObject* inside = Inside<DTypeObject>(object);
  return inside == nullptr ? nullptr : &inside->dtype;
}
const Device* DeviceIn(nb::handle object) { return Inside<Device>(object); }

nb::object ToPython(DType dtype) { return nb::borrow(dtype_objects[static_cast<int>(dtype)]); }
nb::object ToPython(const Device& device) { return nb::cast(device); }

void DefineObjects(nb::module_& module) {
  DefineDTypes(module);
  DefineDevices(module);
  DefineRng(module);
  Define(module, "num_threads", "The number of threads that kernels use.",
         [] { return NumThreads(); });
  Define(
      module, "set_num_threads", "Sets the number of threads that kernels use, 1..1024.",
      [](int64_t threads) {
        SetNumThreads(static_cast<int>(std::clamp<int64_t>(threads, 0, 4096)));
      },
      "threads"_a);
}

}  // namespace prova::python

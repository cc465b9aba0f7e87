#include "python/arguments.h"

#include "python/objects.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova::python {
namespace {

PyTypeObject* tensor_class = nullptr;

bool IsSequence(nb::handle object) {
  return PyTuple_Check(object.ptr()) || PyList_Check(object.ptr());
}

std::string TypeName(nb::handle object) { return Py_TYPE(object.ptr())->tp_name; }

/// The last part of a dotted name.
std::string Unqualified(const std::string& name) { return name.substr(name.rfind('.') + 1); }

/// The text of a str, or nothing.
std::optional<std::string> TextOf(nb::handle object) {
  Py_ssize_t size = 0;
  const char* text =
      PyUnicode_Check(object.ptr()) ? PyUnicode_AsUTF8AndSize(object.ptr(), &size) : nullptr;
  if (text != nullptr) return std::string(text, size);
  PyErr_Clear();
  return {};
}

/// The text of a str, or of the `name` or `__name__` that dtypes of other libraries have; of those
/// of PyTorch, which have none, the text that str() gives.
std::optional<std::string> NameOf(nb::handle object) {
  if (PyUnicode_Check(object.ptr())) return TextOf(object);
  for (const char* attribute : {"name", "__name__"}) {
    const nb::object name = nb::steal(PyObject_GetAttrString(object.ptr(), attribute));
    if (!name.is_valid()) {
      PyErr_Clear();
    } else if (std::optional<std::string> text = TextOf(name)) {
      return text;
    }
  }
  if (TypeName(object) == "torch.dtype") return TextOf(nb::str(object));
  return {};
}

[[noreturn]] void FailLarge(const Place& at, const std::string& need) {
  Fail(ErrorCode::kValue, {.where = at.function,
                           .given = Cat(at.argument, " is an integer that does not fit"),
                           .need = need});
}

}  // namespace

std::string Describe(nb::handle object) {
  if (object.is_none()) return "None";
  const std::string name = Unqualified(TypeName(object));
  const bool vowel = std::string("aeiouAEIOU").find(name[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + name;
}

void FailArgument(const Place& at, nb::handle given, const std::string& need,
                  const std::string& hint) {
  Fail(ErrorCode::kDType, {.where = at.function,
                           .given = Cat(at.argument, " is ", Describe(given)),
                           .need = need,
                           .hint = hint});
}

nb::tuple ToTuple(const Dims& dims) {
  nb::object tuple = nb::steal(PyTuple_New(dims.rank()));
  for (int i = 0; i < dims.rank(); ++i) {
    PyTuple_SET_ITEM(tuple.ptr(), i, PyLong_FromLongLong(dims[i]));
  }
  return nb::borrow<nb::tuple>(tuple);
}

void SetTensorClass(PyTypeObject* type) { tensor_class = type; }

const Tensor* TensorIn(nb::handle object) {
  PyTypeObject* type = Py_TYPE(object.ptr());
  if (type != tensor_class && !PyType_IsSubtype(type, tensor_class)) return nullptr;
  // An instance that `__new__` made and no function of ours filled.
  if (!nb::inst_ready(object)) return nullptr;
  return nb::inst_ptr<Tensor>(object);
}

bool ReadInteger(const Place& at, nb::handle given, int64_t& value) {
  if (PyBool_Check(given.ptr())) return false;
  nb::object index;
  if (!PyLong_Check(given.ptr())) {
    if (!PyIndex_Check(given.ptr())) return false;
    index = nb::steal(PyNumber_Index(given.ptr()));
    if (!index.is_valid()) {
      PyErr_Clear();
      return false;
    }
    given = index;
  }
  int overflow = 0;
  value = PyLong_AsLongLongAndOverflow(given.ptr(), &overflow);
  if (overflow != 0) FailLarge(at, "-2^63..2^63 - 1");
  return true;
}

const Tensor& Argument<Tensor>::Take(const Place& at, nb::handle given) {
  if (const Tensor* x = TensorIn(given)) return *x;
  FailArgument(at, given, "a Tensor", given.is_none() ? "" : "convert with prova.asarray");
}

Tensors Argument<Tensors>::Take(const Place& at, nb::handle given) {
  if (!IsSequence(given)) FailArgument(at, given, "a list or tuple of tensors");
  Tensors tensors;
  for (nb::handle item : nb::borrow<nb::sequence>(given)) {
    const Tensor* x = TensorIn(item);
    if (x == nullptr) {
      Fail(ErrorCode::kDType,
           {.where = at.function,
            .given = Cat(at.argument, "[", tensors.size(), "] is ", Describe(item)),
            .need = "a Tensor"});
    }
    tensors.push_back(*x);
  }
  return tensors;
}

bool Argument<bool>::Take(const Place& at, nb::handle given) {
  if (!PyBool_Check(given.ptr())) FailArgument(at, given, "True or False");
  return given.ptr() == Py_True;
}

int64_t Argument<int64_t>::Take(const Place& at, nb::handle given) {
  int64_t value = 0;
  if (!ReadInteger(at, given, value)) FailArgument(at, given, "an int");
  return value;
}

double Argument<double>::Take(const Place& at, nb::handle given) {
  if (PyFloat_Check(given.ptr())) return PyFloat_AS_DOUBLE(given.ptr());
  if (!PyBool_Check(given.ptr())) {
    const double value = PyFloat_AsDouble(given.ptr());
    if (PyErr_Occurred() == nullptr) return value;
    const bool too_large = PyErr_ExceptionMatches(PyExc_OverflowError);
    PyErr_Clear();
    if (too_large) FailLarge(at, "a number that a float holds");
  }
  FailArgument(at, given, "a float");
}

std::string Argument<std::string>::Take(const Place& at, nb::handle given) {
  if (std::optional<std::string> text = TextOf(given)) return *text;
  FailArgument(at, given, "a str");
}

Dims Argument<Dims>::Take(const Place& at, nb::handle given) {
  int64_t value = 0;
  if (ReadInteger(at, given, value)) return {value};
  if (!IsSequence(given)) FailArgument(at, given, "an int or a tuple of ints");
  Dims dims;
  for (nb::handle item : nb::borrow<nb::sequence>(given)) {
    if (!ReadInteger(at, item, value)) {
      Fail(ErrorCode::kDType, {.where = at.function,
                               .given = Cat(at.argument, "[", dims.rank(), "] is ", Describe(item)),
                               .need = "an int"});
    }
    dims.push_back(value);
  }
  return dims;
}

Size2d Argument<Size2d>::Take(const Place& at, nb::handle given) {
  int64_t value = 0;
  if (ReadInteger(at, given, value)) return value;
  if (!IsSequence(given) || PySequence_Size(given.ptr()) != 2) {
    FailArgument(at, given, "an int or (height, width)");
  }
  const Dims both = Argument<Dims>::Take(at, given);
  return {both[0], both[1]};
}

DType Argument<DType>::Take(const Place& at, nb::handle given) {
  if (const DType* dtype = DTypeIn(given)) return *dtype;
  const std::optional<std::string> name = NameOf(given);
  if (!name) FailArgument(at, given, "a dtype such as prova.float32");
  if (given.is(nb::handle(reinterpret_cast<PyObject*>(&PyFloat_Type)))) return DType::kFloat32;
  if (given.is(nb::handle(reinterpret_cast<PyObject*>(&PyLong_Type)))) return DType::kInt64;
  const std::string plain = Unqualified(*name);
  return ParseDType(plain == "bool_" ? "bool" : plain);
}

Device Argument<Device>::Take(const Place& at, nb::handle given) {
  if (const Device* device = DeviceIn(given)) return *device;
  if (!PyUnicode_Check(given.ptr())) FailArgument(at, given, "a device such as 'cpu'");
  return ParseDevice(Argument<std::string>::Take(at, given));
}

Rng& Argument<Rng>::Take(const Place& at, nb::handle given) {
  if (!nb::isinstance<Rng>(given)) {
    FailArgument(at, given, "a generator", "make one with prova.Rng(seed)");
  }
  return *nb::inst_ptr<Rng>(given);
}

nb::callable Argument<nb::callable>::Take(const Place& at, nb::handle given) {
  if (!PyCallable_Check(given.ptr())) FailArgument(at, given, "a function");
  return nb::borrow<nb::callable>(given);
}

Tensor NumberBeside(const Place& at, nb::handle number, const Tensor& x) {
  const Device device = x.device();
  PyObject* given = number.ptr();
  if (PyBool_Check(given)) return full({}, given == Py_True, {x.dtype(), device});
  if (PyFloat_Check(given)) {
    const DType dtype = IsFloating(x.dtype()) ? x.dtype() : DType::kFloat32;
    return full({}, PyFloat_AS_DOUBLE(given), {dtype, device});
  }
  if (PyComplex_Check(given)) FailArgument(at, number, "a real number");
  int64_t value = 0;
  if (TensorIn(number) != nullptr || IsSequence(number)) return {};
  if (IsFloating(x.dtype()) && PyLong_Check(given)) {
    return full({}, Argument<double>::Take(at, number), {x.dtype(), device});
  }
  if (ReadInteger(at, number, value)) {
    const DType dtype = x.dtype() == DType::kBool ? DType::kInt64 : x.dtype();
    return IntegerScalar(at, value, dtype, device);
  }
  // Numbers of other libraries, such as numpy.float32, are real by Python's tower of numbers.
  static PyObject* real = nb::object(nb::module_::import_("numbers").attr("Real")).release().ptr();
  if (PyObject_IsInstance(given, real) != 1) {
    PyErr_Clear();
    return {};
  }
  const DType dtype = IsFloating(x.dtype()) ? x.dtype() : DType::kFloat32;
  return full({}, Argument<double>::Take(at, number), {dtype, device});
}

Tensor IntegerScalar(const Place& at, int64_t value, DType dtype, const Device& device) {
  return VisitDType(dtype, [&](auto tag) -> Tensor {
    using T = typename decltype(tag)::type;
    const Tensor scalar = empty({}, {.dtype = dtype, .device = kCpu});
    const T element = ConvertElement<T>(value);
    if (IsInteger(dtype) && ConvertElement<int64_t>(element) != value) {
      FailLarge(at, Cat("a number that ", dtype, " holds"));
    }
    *scalar.mutable_data<T>() = element;
    return To(scalar, device);
  });
}

}  // namespace prova::python

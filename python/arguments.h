#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include <nanobind/nanobind.h>

#include "autograd/tape.h"
#include "base/error.h"
#include "base/philox.h"
#include "base/text.h"
#include "ops/common/size2d.h"
#include "tensor/tensor.h"

namespace prova::python {

namespace nb = nanobind;

/// How arguments of Prova's functions are read from Python objects, one `Argument<T>` a type:
///   kType   what a signature calls it
///   Take    the value. Errors: kDType (a TypeError) that names function, argument and what is
///           needed; kValue for numbers that do not fit.

/// Which argument of which function is read.
struct Place {
  const char* function;
  const char* argument;
};

[[noreturn]] void FailArgument(const Place& at, nb::handle given, const std::string& need,
                               const std::string& hint = "");

/// `a list`, `an int`, `None`.
std::string Describe(nb::handle object);

/// The Tensor inside a Python object, or null.
const Tensor* TensorIn(nb::handle object);
/// Tells `TensorIn` the class.
void SetTensorClass(PyTypeObject* type);

/// A shape or strides as a tuple of ints.
nb::tuple ToTuple(const Dims& dims);

/// The integer of anything that has `__index__`, bools excepted.
bool ReadInteger(const Place& at, nb::handle given, int64_t& value);

template <typename T>
struct Argument;

template <>
struct Argument<Tensor> {
  static constexpr const char* kType = "Tensor";
  static const Tensor& Take(const Place& at, nb::handle given);
};

template <>
struct Argument<Tensors> {
  static constexpr const char* kType = "collections.abc.Sequence[Tensor]";
  static Tensors Take(const Place& at, nb::handle given);
};

template <>
struct Argument<bool> {
  static constexpr const char* kType = "bool";
  static bool Take(const Place& at, nb::handle given);
};

template <>
struct Argument<int64_t> {
  static constexpr const char* kType = "int";
  static int64_t Take(const Place& at, nb::handle given);
};

template <>
struct Argument<double> {
  static constexpr const char* kType = "float";
  static double Take(const Place& at, nb::handle given);
};

template <>
struct Argument<std::string> {
  static constexpr const char* kType = "str";
  static std::string Take(const Place& at, nb::handle given);
};

/// A shape or a list of axes; one number stands for a list of one.
template <>
struct Argument<Dims> {
  static constexpr const char* kType = "int | collections.abc.Sequence[int]";
  static Dims Take(const Place& at, nb::handle given);
};

template <>
struct Argument<Size2d> {
  static constexpr const char* kType = "int | tuple[int, int]";
  static Size2d Take(const Place& at, nb::handle given);
};

template <>
struct Argument<DType> {
  static constexpr const char* kType = "DType | str | type";
  static DType Take(const Place& at, nb::handle given);
};

template <>
struct Argument<Device> {
  static constexpr const char* kType = "Device | str";
  static Device Take(const Place& at, nb::handle given);
};

template <>
struct Argument<Rng> {
  static constexpr const char* kType = "Rng";
  static Rng& Take(const Place& at, nb::handle given);
};

/// Any object, as it is.
template <>
struct Argument<nb::object> {
  static constexpr const char* kType = "object";
  static nb::object Take(const Place&, nb::handle given) { return nb::borrow(given); }
};

/// Anything that can be called.
template <>
struct Argument<nb::callable> {
  static constexpr const char* kType = "collections.abc.Callable[..., typing.Any]";
  static nb::callable Take(const Place& at, nb::handle given);
};

/// None, or T.
template <typename T>
struct Argument<std::optional<T>> {
  static std::optional<T> Take(const Place& at, nb::handle given) {
    if (given.is_none()) return {};
    return Argument<T>::Take(at, given);
  }
};

/// What a signature calls an argument.
template <typename T>
struct TypeText {
  static std::string Of() { return Argument<T>::kType; }
};
template <typename T>
struct TypeText<std::optional<T>> {
  static std::string Of() { return std::string(Argument<T>::kType) + " | None"; }
};

/// The value that a word stands for. Errors: kValue, listing the words.
template <typename Value>
Value Pick(const Place& at, const std::string& word,
           std::initializer_list<std::pair<const char*, Value>> choices) {
  std::string words;
  for (const auto& [name, value] : choices) {
    if (word == name) return value;
    words += (words.empty() ? "'" : ", '") + std::string(name) + "'";
  }
  Fail(ErrorCode::kValue, {.where = at.function,
                           .given = Cat(at.argument, " is '", word, "'"),
                           .need = Cat("one of ", words)});
}

/// A plain number as a 0-d tensor that takes part in promotion with x as the Array API says: in x's
/// dtype, or the default one of its kind where that holds no such numbers. Undefined where `number`
/// is none. Errors: kValue for an integer that the dtype cannot hold; kDType for a complex one.
Tensor NumberBeside(const Place& at, nb::handle number, const Tensor& x);

/// A 0-d tensor of exactly this integer. Errors: kValue where an integer dtype cannot hold it.
Tensor IntegerScalar(const Place& at, int64_t value, DType dtype, const Device& device);

}  // namespace prova::python

#pragma once

#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <nanobind/nanobind.h>

#include "python/arguments.h"

namespace prova::python {

/// Defining Python functions by C++ ones: arguments are read by `Argument<T>`, the signature is
/// written for help() and type checkers, the interpreter's lock is given up where that is worth it.

/// Elements in the operands of a call from which it gives up the lock: giving it up and taking it
/// back costs as much as adding some hundred numbers.
inline constexpr int64_t kElementsToUnlock = 4096;

/// Without the interpreter's lock while alive, where `elements` are enough.
class Unlocked {
 public:
  explicit Unlocked(int64_t elements = kElementsToUnlock) {
    if (elements >= kElementsToUnlock) thread_ = PyEval_SaveThread();
  }
  ~Unlocked() {
    if (thread_ != nullptr) PyEval_RestoreThread(thread_);
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  PyThreadState* thread_ = nullptr;
};

/// A Tensor that is an object of Python already.
using TensorObject = nb::typed<nb::object, Tensor>;
/// The object of a dtype.
using DTypeResult = nb::typed<nb::object, DType>;

namespace internal {

/// How much work an argument hints at.
template <typename T>
int64_t Elements(const T&) {
  return 0;
}
inline int64_t Elements(const Tensor& x) { return x.numel(); }
inline int64_t Elements(const Tensors& xs) {
  int64_t sum = 0;
  for (const Tensor& x : xs) sum += x.numel();
  return sum;
}
/// A shape that is to be filled.
inline int64_t Elements(const Dims& shape) {
  int64_t product = 1;
  for (int64_t size : shape) {
    if (__builtin_mul_overflow(product, size, &product)) return 0;
  }
  return product;
}

/// Whether arguments or results belong to the interpreter.
template <typename T>
inline constexpr bool kIsPython = std::is_base_of_v<nb::handle, std::decay_t<T>>;
template <typename T>
inline constexpr bool kIsPython<std::optional<T>> = kIsPython<T>;

template <typename Result>
std::string ResultText() {
  if constexpr (std::is_void_v<Result>) return "None";
  if constexpr (std::is_same_v<Result, Tensor>) return "Tensor";
  if constexpr (std::is_same_v<Result, TensorObject>) return "Tensor";
  if constexpr (std::is_same_v<Result, DTypeResult>) return "DType";
  if constexpr (std::is_same_v<Result, bool>) return "bool";
  if constexpr (std::is_integral_v<Result>) return "int";
  if constexpr (std::is_floating_point_v<Result>) return "float";
  if constexpr (std::is_same_v<Result, nb::str>) return "str";
  if constexpr (std::is_same_v<Result, nb::int_>) return "int";
  if constexpr (std::is_same_v<Result, nb::iterator>) {
    return "collections.abc.Iterator[Tensor]";
  }
  if constexpr (std::is_same_v<Result, nb::tuple>) return "tuple[int, ...]";
  return "typing.Any";
}

/// The types of a function or of a lambda.
template <typename R, typename... A>
struct Types {
  using Result = R;
  template <size_t i>
  using Type = std::decay_t<std::tuple_element_t<i, std::tuple<A...>>>;
  template <size_t i>
  using Taken = decltype(Argument<Type<i>>::Take(std::declval<Place>(), nb::handle()));
  using Each = std::index_sequence_for<A...>;
  static constexpr size_t kCount = sizeof...(A);
  static constexpr bool kHoldsLock = (kIsPython<R> || ... || kIsPython<A>);
};
template <typename R, typename... A>
Types<R, A...> TypesOfCall(R (*)(A...));
template <typename Lambda, typename R, typename... A>
Types<R, A...> TypesOfCall(R (Lambda::*)(A...) const);
template <typename Function>
auto TypesOf() {
  if constexpr (std::is_pointer_v<Function>) {
    return decltype(TypesOfCall(std::declval<Function>()))();
  } else {
    return decltype(TypesOfCall(&Function::operator()))();
  }
}

template <size_t>
using AnyHandle = nb::handle;

/// `function` as a lambda of Python objects.
template <typename T, typename Function, size_t... i>
auto Reading(const char* name, const std::array<const char*, T::kCount>& names, Function function,
             std::index_sequence<i...>) {
  return [=](AnyHandle<i>... given) -> typename T::Result {
    std::tuple<typename T::template Taken<i>...> taken{
        Argument<typename T::template Type<i>>::Take({name, names[i]}, given)...};
    const Unlocked unlocked(T::kHoldsLock ? 0 : (int64_t{0} + ... + Elements(std::get<i>(taken))));
    return function(std::get<i>(taken)...);
  };
}

inline std::string DefaultText(const nb::arg&) { return ""; }
inline std::string DefaultText(const nb::arg_v& argument) {
  return Cat(" = ", nb::repr(argument.value).c_str());
}

/// `def softmax(x: Tensor, axis: int = -1) -> Tensor`.
template <typename T, size_t... i>
std::string SignatureText(const char* name, const std::array<const char*, T::kCount>& names,
                          const std::array<std::string, T::kCount>& defaults,
                          std::index_sequence<i...>) {
  std::string text;
  [[maybe_unused]] auto append = [&](const char* argument, const std::string& type,
                                     const std::string& value) {
    if (!text.empty()) text += ", ";
    text += std::string(argument) == "self" ? "self" : Cat(argument, ": ", type, value);
  };
  (append(names[i], TypeText<typename T::template Type<i>>::Of(), defaults[i]), ...);
  return Cat("def ", name, "(", text, ") -> ", ResultText<typename T::Result>());
}

template <typename Scope>
inline constexpr bool kIsClass = !std::is_same_v<Scope, nb::module_>;

}  // namespace internal

/// Defines `scope.name`, a method where `scope` is a class: its first argument is `self` then.
/// `names` are nb::arg, with or without a default; name and doc are string literals.
template <typename Scope, typename Function, typename... Names>
void Define(Scope& scope, const char* name, const char* doc, Function function, Names... names) {
  using T = decltype(internal::TypesOf<Function>());
  constexpr bool is_method = internal::kIsClass<Scope>;
  static_assert(T::kCount == sizeof...(Names) + is_method, "one name an argument");
  std::array<const char*, T::kCount> all_names{};
  std::array<std::string, T::kCount> defaults{};
  size_t i = 0;
  if constexpr (is_method) all_names[i++] = "self";
  ((all_names[i] = names.name_, defaults[i++] = internal::DefaultText(names)), ...);
  const std::string signature =
      internal::SignatureText<T>(name, all_names, defaults, typename T::Each());
  // None reaches `Argument<T>`, whose refusal says more than nanobind's.
  (static_cast<nb::arg&>(names).none(), ...);
  scope.def(name, internal::Reading<T>(name, all_names, function, typename T::Each()), names...,
            nb::sig(signature.c_str()), doc);
}

}  // namespace prova::python

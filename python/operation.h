#pragma once

#include <optional>

#include <nanobind/nanobind.h>

#include "autograd/movement.h"
#include "ops/common/reduce.h"
#include "python/define.h"

namespace prova::python {

/// What NAME_python.cc is handed to say how Python calls an operation. It defines
/// `void NAME(Operation& op)` in namespace prova::bindings; docstrings come from NAME.h.
class Operation {
 public:
  Operation(nb::module_& module, nb::class_<Tensor>& tensor, const char* name)
      : module_(module), tensor_(tensor), name_(name) {}

  /// prova.name(...), with one `"x"_a` or `"axis"_a = -1` for each argument of `function`.
  template <typename Function, typename... Names>
  void def(const char* name, Function function, const Names&... names) {
    Define(module_, name, Doc(name), function, names...);
  }

  /// prova.name(x1, x2) of two tensors or a tensor and a plain number, and the operators
  /// `method` (x1 the left operand) and `reflected` (x1 the right one).
  using Binary = Tensor (*)(const Tensor&, const Tensor&);
  void binary(const char* name, Binary function, const char* method, const char* reflected);

  /// The operator `method` of one tensor.
  void unary_operator(const char* method, Tensor (*function)(const Tensor&));

  nb::class_<Tensor>& tensor() { return tensor_; }

 private:
  /// The docstring of a C++ function of that name, else that of the operation.
  const char* Doc(const char* name) const;

  nb::module_& module_;
  nb::class_<Tensor>& tensor_;
  const char* name_;
};

/// Two operands of which one may be a plain number. Errors: kDType for others.
struct Operands {
  Tensor a;
  Tensor b;
};
Operands TakeOperands(const char* function, const char* a_name, nb::handle a, const char* b_name,
                      nb::handle b);

/// A reduction over `axis` as the Array API writes it: None for all axes, () for none of them.
template <typename Reduce>
Tensor Over(const Tensor& x, const std::optional<Dims>& axis, bool keepdims, Reduce reduce) {
  if (axis && axis->empty()) return reduce(unsqueeze(x, 0), Dims{0}, ReduceOptions{});
  return reduce(x, axis.value_or(Dims()), ReduceOptions{.keepdims = keepdims});
}

/// The docstring of a C++ function; null where it has none. Generated from the headers.
const char* DocOf(const char* function);

}  // namespace prova::python

namespace prova::bindings {

namespace nb = nanobind;
using nb::literals::operator""_a;

}  // namespace prova::bindings

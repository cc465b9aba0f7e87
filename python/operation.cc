#include "python/operation.h"

#include <string_view>
#include <utility>

namespace prova::python {
namespace {

using nb::literals::operator""_a;

/// The operands of a call where not both are tensors; undefined where they are no numbers either.
Operands ReadOperands(const Place& a_place, nb::handle a, const Place& b_place, nb::handle b) {
  const Tensor *left = TensorIn(a), *right = TensorIn(b);
  if (left != nullptr && right != nullptr) return {*left, *right};
  if (left != nullptr) return {*left, NumberBeside(b_place, b, *left)};
  if (right != nullptr) return {NumberBeside(a_place, a, *right), *right};
  return {};
}

Tensor Apply(Operation::Binary function, const Tensor& a, const Tensor& b) {
  const Unlocked unlocked(a.numel() + b.numel());
  return function(a, b);
}

/// function(a, b), or NotImplemented where an operand is neither tensor nor number, so that Python
/// asks the other operand.
nb::object Operate(const char* method, Operation::Binary function, nb::handle a, nb::handle b) {
  const Tensor *left = TensorIn(a), *right = TensorIn(b);
  if (left != nullptr && right != nullptr) return nb::cast(Apply(function, *left, *right));
  const Operands both =
      ReadOperands({method, "the left operand"}, a, {method, "the right operand"}, b);
  if (!both.a.defined() || !both.b.defined()) return nb::borrow(Py_NotImplemented);
  return nb::cast(Apply(function, both.a, both.b));
}

/// Python finds an operator's method by name at every use, which costs as much as a small addition.
/// Its slot in the type is called at once.
struct OperatorSlot {
  const char* method;
  const char* reflected;
  binaryfunc PyNumberMethods::*place;
  Operation::Binary function = nullptr;
};
OperatorSlot operator_slots[] = {
    {"__add__", "__radd__", &PyNumberMethods::nb_add},
    {"__sub__", "__rsub__", &PyNumberMethods::nb_subtract},
    {"__mul__", "__rmul__", &PyNumberMethods::nb_multiply},
    {"__truediv__", "__rtruediv__", &PyNumberMethods::nb_true_divide},
    {"__matmul__", "__rmatmul__", &PyNumberMethods::nb_matrix_multiply}};

template <size_t i>
PyObject* CallSlot(PyObject* a, PyObject* b) noexcept {
  const OperatorSlot& slot = operator_slots[i];
  try {
    return Operate(slot.method, slot.function, a, b).release().ptr();
  } catch (...) {
    // Once more through the method, of whose error nanobind makes a Python exception.
    return TensorIn(a) != nullptr ? PyObject_CallMethod(a, slot.method, "O", b)
                                  : PyObject_CallMethod(b, slot.reflected, "O", a);
  }
}

template <size_t... i>
void FillSlot(PyTypeObject* type, const char* method, Operation::Binary function,
              std::index_sequence<i...>) {
  auto fill = [&](OperatorSlot& slot, binaryfunc call) {
    if (std::string_view(method) != slot.method) return;
    slot.function = function;
    type->tp_as_number->*slot.place = call;
  };
  (fill(operator_slots[i], CallSlot<i>), ...);
}

}  // namespace

Operands TakeOperands(const char* function, const char* a_name, nb::handle a, const char* b_name,
                      nb::handle b) {
  const Place a_place = {function, a_name}, b_place = {function, b_name};
  const Operands both = ReadOperands(a_place, a, b_place, b);
  if (both.a.defined() && both.b.defined()) return both;
  const bool a_is_wrong = !both.a.defined();
  const nb::handle wrong = a_is_wrong ? a : b;
  const bool is_alone = a_is_wrong && !both.b.defined();
  FailArgument(a_is_wrong ? a_place : b_place, wrong,
               is_alone ? "a Tensor" : "a Tensor or a number",
               wrong.is_none() ? "" : "convert with prova.asarray");
}

void Operation::binary(const char* name, Binary function, const char* method,
                       const char* reflected) {
  module_.def(
      name,
      [name, function](nb::handle a, nb::handle b) {
        const Tensor *left = TensorIn(a), *right = TensorIn(b);
        if (left != nullptr && right != nullptr) return Apply(function, *left, *right);
        const Operands both = TakeOperands(name, "x1", a, "x2", b);
        return Apply(function, both.a, both.b);
      },
      "x1"_a.none(), "x2"_a.none(),
      nb::sig(Cat("def ", name, "(x1: Tensor | float, x2: Tensor | float) -> Tensor").c_str()),
      Doc(name));
  auto define = [&](const char* operator_name, auto operate) {
    tensor_.def(
        operator_name, operate, "other"_a.none(),
        nb::sig(Cat("def ", operator_name, "(self, other: Tensor | float, /) -> Tensor").c_str()));
  };
  define(method, [method, function](nb::handle self, nb::handle other) {
    return Operate(method, function, self, other);
  });
  define(reflected, [reflected, function](nb::handle self, nb::handle other) {
    return Operate(reflected, function, other, self);
  });
  FillSlot(reinterpret_cast<PyTypeObject*>(tensor_.ptr()), method, function,
           std::make_index_sequence<std::size(operator_slots)>());
}

void Operation::unary_operator(const char* method, Tensor (*function)(const Tensor&)) {
  Define(tensor_, method, Doc(method), function);
}

const char* Operation::Doc(const char* name) const {
  const char* own = DocOf(name);
  return own != nullptr ? own : DocOf(name_);
}

}  // namespace prova::python

#include "python/autograd.h"

#include <chrono>
#include <memory>
#include <vector>

#include "autograd/accumulate.h"
#include "autograd/functional.h"
#include "autograd/leaf.h"
#include "python/define.h"
#include "tensor/strided.h"

namespace prova::python {
namespace {

using nb::literals::operator""_a;

/// Lets Python see to signals such as Ctrl-C some times a second; ends what runs where it raises.
void CheckSignals() {
  using Clock = std::chrono::steady_clock;
  static thread_local Clock::time_point next;
  if (Clock::now() < next) return;
  next = Clock::now() + std::chrono::milliseconds(50);
  const nb::gil_scoped_acquire lock;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

/// Runs `body` without the lock, which the functions that it calls take again.
template <typename Body>
auto RunUnlocked(Body body) {
  const ScopedInterrupt interruptible(CheckSignals);
  const Unlocked unlocked;
  return body();
}

// --- PyTorch's habit ----------------------------------------------------------------------------

nb::object Gradient(const Tensor& self) {
  const Tensor gradient = kept_gradient(self);
  return gradient.defined() ? nb::cast(gradient) : nb::none();
}

void SetGradient(const Tensor& self, const std::optional<Tensor>& gradient) {
  keep_gradient(self, gradient.value_or(Tensor()));
}

/// Adds what a backward pass found to what the leaves keep. A first gradient is kept as it is,
/// unless its memory is also somebody else's: users may write into what a leaf keeps.
void Keep(const std::vector<LeafGradient>& found, const Tensor& seed) {
  const NoGrad off;
  for (size_t i = 0; i < found.size(); ++i) {
    const auto& [leaf, gradient] = found[i];
    const Tensor before = kept_gradient(leaf);
    if (before.defined()) {
      keep_gradient(leaf, Accumulate(before, gradient));
      continue;
    }
    bool is_shared = gradient.storage().use_count() > 1 || !gradient.is_contiguous() ||
                     (seed.defined() && gradient.storage() == seed.storage());
    for (size_t other = 0; other < found.size() && !is_shared; ++other) {
      is_shared = other != i && found[other].gradient.storage() == gradient.storage();
    }
    keep_gradient(leaf, is_shared ? Copy(gradient) : gradient);
  }
}

void Backward(const Tensor& self, const std::optional<Tensor>& gradient) {
  const Tensors cotangents = gradient ? Tensors{*gradient} : Tensors{};
  Keep(RunUnlocked([&] { return leaf_gradients({self}, cotangents); }),
       gradient.value_or(Tensor()));
}

/// Recording switched for a `with` statement, which may nest.
class Recording {
 public:
  explicit Recording(bool on) : on_(on) {}
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  void Enter() { scopes_.push_back(std::make_unique<ScopedRecording>(on_)); }
  void Exit() {
    if (!scopes_.empty()) scopes_.pop_back();
  }

 private:
  const bool on_;
  std::vector<std::unique_ptr<ScopedRecording>> scopes_;
};

void DefineLeaves(nb::class_<Tensor>& tensor) {
  tensor
      .def_prop_rw(
          "requires_grad", [](const Tensor& self) { return is_tracked(self); },
          [](const Tensor& self, nb::handle on) {
            follow(self, Argument<bool>::Take({"requires_grad", "the value"}, on));
          },
          nb::for_setter(nb::arg("on").none()),
          nb::for_setter(nb::sig("def requires_grad(self, on: bool, /) -> None")),
          "Whether the tape follows the tensor. Set on a leaf, it makes or ends a parameter.")
      .def_prop_ro(
          "is_leaf", [](const Tensor& self) { return is_leaf(self); },
          "Whether no recorded operation made the tensor.")
      .def_prop_rw(
          "grad", [](const Tensor& self) { return Gradient(self); },
          [](const Tensor& self, nb::handle gradient) {
            SetGradient(self,
                        Argument<std::optional<Tensor>>::Take({"grad", "the value"}, gradient));
          },
          nb::for_getter(nb::sig("def grad(self) -> Tensor | None")),
          nb::for_setter(nb::arg("gradient").none()),
          nb::for_setter(nb::sig("def grad(self, gradient: Tensor | None, /) -> None")),
          "What backward() has added up for a leaf, or None.");
  Define(tensor, "backward",
         "Adds the gradients of this one number to the `grad` of every leaf that it was computed "
         "from; for another shape, `gradient` gives the weight of each element.",
         Backward, "gradient"_a = nb::none());
  Define(tensor, "zero_grad", "Forgets the gradient.",
         [](const Tensor& self) { keep_gradient(self, Tensor()); });
  Define(tensor, "detach", "The same values under a handle that the tape does not follow.",
         [](const Tensor& self) { return detach(self); });
}

void DefineRecording(nb::module_& module) {
  nb::class_<Recording>(module, "_Recording", "Switches recording for a `with` statement.")
      .def(nb::init<bool>(), "on"_a)
      .def("enter", &Recording::Enter)
      .def("exit", &Recording::Exit);
  Define(module, "is_grad_enabled", "Whether operations of this thread are recorded now.",
         [] { return IsRecording(); });
}

// --- JAX's habit --------------------------------------------------------------------------------

nb::list ToList(const Tensors& tensors) {
  nb::list list;
  for (const Tensor& x : tensors) list.append(nb::cast(x));
  return list;
}

/// A Python function of a list of tensors; used within the call that it was given to.
FunctionOfMany FunctionOf(const nb::callable& function) {
  return [&function](const Tensors& xs) -> Tensor {
    const nb::gil_scoped_acquire lock;
    const nb::object result = function(ToList(xs));
    if (const Tensor* y = TensorIn(result)) return *y;
    FailArgument({"grad", "the function's result"}, result, "a Tensor");
  };
}

nb::object ValueAndGrads_(const nb::callable& function, const Tensors& xs) {
  ValueAndGrads result = RunUnlocked([&] { return value_and_grad(FunctionOf(function))(xs); });
  return nb::make_tuple(nb::cast(result.value), ToList(result.gradients));
}

/// The same of a function that returns a list of tensors.
FunctionToMany FunctionToManyOf(const nb::callable& function) {
  return [&function](const Tensors& xs) -> Tensors {
    const nb::gil_scoped_acquire lock;
    return Argument<Tensors>::Take({"grad", "the function's results"}, function(ToList(xs)));
  };
}

nb::object PullbackOf(const nb::callable& function, const Tensors& xs) {
  PullbackOfMany result = RunUnlocked([&] { return vjp(FunctionToManyOf(function), xs); });
  const nb::object pull = nb::cpp_function([pull = result.pull](nb::handle cotangents) {
    const Tensors vs = Argument<Tensors>::Take({"vjp", "the cotangents"}, cotangents);
    return ToList(RunUnlocked([&] { return pull(vs); }));
  });
  return nb::make_tuple(ToList(result.values), pull);
}

nb::object PushforwardOf(const nb::callable& function, const Tensors& xs, const Tensors& tangents) {
  const PushforwardOfMany result =
      RunUnlocked([&] { return jvp(FunctionToManyOf(function), xs, tangents); });
  return nb::make_tuple(ToList(result.values), ToList(result.tangents));
}

nb::object JacobianOf(const nb::callable& function, const Tensor& x) {
  const FunctionOfMany many = FunctionOf(function);
  return nb::cast(
      RunUnlocked([&] { return jacobian([&](const Tensor& at) { return many({at}); }, x); }));
}

}  // namespace

void DefineAutograd(nb::module_& module, nb::class_<Tensor>& tensor) {
  DefineLeaves(tensor);
  DefineRecording(module);
  Define(module, "_value_and_grads", "f(xs) and its gradients.", ValueAndGrads_, "f"_a, "xs"_a);
  Define(module, "_vjp", "The list f(xs) and its pullback.", PullbackOf, "f"_a, "xs"_a);
  Define(module, "_jvp", "The list f(xs) and J(xs) v.", PushforwardOf, "f"_a, "xs"_a, "tangents"_a);
  Define(module, "_jacobian", "J of shape [*f([x]), *x].", JacobianOf, "f"_a, "x"_a);
}

}  // namespace prova::python

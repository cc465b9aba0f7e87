#include "autograd/functional.h"

#include <algorithm>
#include <cstring>

#include "autograd/movement.h"
#include "base/text.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

/// A new place on the tape for x, connected to x where x is tracked, so that derivatives nest.
Tensor Enter(const Tensor& x) {
  if (!is_tracked(x)) return parameter(x);
  return Record("enter", {x}, x.Alias(),
                [](const Tensor& dy, const Saved&) -> Tensors { return {dy}; });
}

Tensors EnterAll(const Tensors& xs) {
  Tensors entered;
  for (const Tensor& x : xs) entered.push_back(Enter(x));
  return entered;
}

Tensors GradientsOrZeros(const Gradients& found, const Tensors& xs) {
  Tensors gradients;
  for (const Tensor& x : xs) gradients.push_back(found.contains(x) ? found[x] : zeros_like(x));
  return gradients;
}

/// The pullback of `y` with respect to `xs`, all of them on the tape already.
Tensors Pull(const Tensor& y, const Tensors& xs, const Tensor& v, bool create_graph) {
  if (xs.empty() || !is_tracked(y)) return GradientsOrZeros({}, xs);
  return GradientsOrZeros(
      backward(
          Tensors{y},
          {.cotangents = {v}, .create_graph = create_graph, .wrt = xs, .wrt_independent = true}),
      xs);
}

/// Whether y leads to a tensor recorded before `mark`: somebody outside may differentiate it again.
bool LeadsOutside(const Tensor& y, int64_t mark) { return !ExternalInputs({y}, mark).empty(); }

FunctionOfMany OfMany(Function f) {
  return [f = std::move(f)](const Tensors& xs) { return f(xs[0]); };
}

bool SameBits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const Tensor left = Contiguous(To(a, kCpu)), right = Contiguous(To(b, kCpu));
  return std::memcmp(left.raw_data(), right.raw_data(), a.numel() * ItemSize(a.dtype())) == 0;
}

}  // namespace

std::function<ValueAndGrads(const Tensors&)> value_and_grad(FunctionOfMany f) {
  return [f = std::move(f)](const Tensors& xs) -> ValueAndGrads {
    const bool was_recording = IsRecording();
    ScopedRecording on(true);
    const int64_t mark = TapeMark();
    const Tensors inside = EnterAll(xs);
    const Tensor y = f(inside);
    if (y.numel() != 1) {
      Fail(ErrorCode::kShape, {.where = "grad",
                               .given = Cat("a function whose result has shape ", y.shape()),
                               .need = "one number",
                               .hint = "use vjp or jacobian for several"});
    }
    const bool outer = was_recording && LeadsOutside(y, mark);
    Tensors gradients = Pull(y, inside, ones_like(y), /*create_graph=*/outer);
    return {outer ? y : detach(y), std::move(gradients)};
  };
}

std::function<Tensors(const Tensors&)> grad(FunctionOfMany f) {
  return [f = value_and_grad(std::move(f))](const Tensors& xs) { return f(xs).gradients; };
}

std::function<ValueAndGrad(const Tensor&)> value_and_grad(Function f) {
  return [f = value_and_grad(OfMany(std::move(f)))](const Tensor& x) -> ValueAndGrad {
    ValueAndGrads result = f(Tensors{x});
    return {result.value, result.gradients[0]};
  };
}

Function grad(Function f) {
  return [f = value_and_grad(std::move(f))](const Tensor& x) { return f(x).gradient; };
}

Pullback vjp(const FunctionOfMany& f, const Tensors& xs) {
  const bool was_recording = IsRecording();
  ScopedRecording on(true);
  const int64_t mark = TapeMark();
  const Tensors inside = EnterAll(xs);
  const Tensor y = f(inside);
  const bool outer = was_recording && LeadsOutside(y, mark);
  return {outer ? y : detach(y), [y, inside, outer](const Tensor& v) {
            return Pull(y, inside, v, IsRecording() && (outer || is_tracked(v)));
          }};
}

Pushforward jvp(const FunctionOfMany& f, const Tensors& xs, const Tensors& tangents) {
  if (xs.size() != tangents.size()) {
    Fail(ErrorCode::kValue, {.where = "jvp",
                             .given = Cat(tangents.size(), " tangents"),
                             .need = Cat(xs.size(), ", one an input")});
  }
  for (size_t i = 0; i < xs.size(); ++i) {
    if (tangents[i].shape() == xs[i].shape() && tangents[i].dtype() == xs[i].dtype()) continue;
    Fail(ErrorCode::kShape,
         {.where = "jvp",
          .given = Cat("a tangent of ", tangents[i].dtype(), tangents[i].shape(), " for input ", i),
          .need = Cat(xs[i].dtype(), xs[i].shape())});
  }
  const bool was_recording = IsRecording();
  ScopedRecording on(true);
  const int64_t mark = TapeMark();
  const Tensors inside = EnterAll(xs);
  const Tensor y = f(inside);
  const Tensor u = parameter(zeros_like(y));
  const Tensors pulled = Pull(y, inside, u, /*create_graph=*/true);
  Tensors reached, cotangents;
  for (size_t i = 0; i < xs.size(); ++i) {
    if (!is_tracked(pulled[i])) continue;
    reached.push_back(pulled[i]);
    cotangents.push_back(tangents[i]);
  }
  const bool outer = was_recording && (LeadsOutside(y, mark) ||
                                       std::any_of(tangents.begin(), tangents.end(), is_tracked));
  const Gradients found =
      backward(reached, {.cotangents = cotangents, .create_graph = outer, .wrt = {u}});
  return {outer ? y : detach(y), GradientsOrZeros(found, {u})[0]};
}

Pushforward jvp(const Function& f, const Tensor& x, const Tensor& tangent) {
  return jvp(OfMany(f), Tensors{x}, Tensors{tangent});
}

Tensor hvp(const Function& f, const Tensor& x, const Tensor& v) {
  const Function gradient = grad(f);
  return vjp(OfMany(gradient), {x}).pull(v)[0];
}

Tensor jacobian(const Function& f, const Tensor& x) {
  const Pullback pullback = vjp(OfMany(f), {x});
  const Tensor& y = pullback.value;
  Shape shape = y.shape();
  for (int64_t size : x.shape()) shape.push_back(size);
  Tensors rows;
  for (int64_t i = 0; i < y.numel(); ++i) {
    Tensor v = zeros({y.numel()}, {.dtype = y.dtype(), .device = y.device()});
    assign(view::Slice(v, 0, {.start = i, .stop = i + 1}), ones({1}));
    rows.push_back(pullback.pull(view::Reshape(v, y.shape()))[0]);
  }
  if (rows.empty()) return zeros(shape, {.dtype = x.dtype(), .device = x.device()});
  return reshape(stack(rows), shape);
}

Tensor hessian(const Function& f, const Tensor& x) { return jacobian(grad(f), x); }

Tensor checkpoint(FunctionOfMany f, const Tensors& xs) {
  if (!IsRecording()) return f(xs);
  const int64_t mark = TapeMark();
  // Every run takes a copy of f: a generator captured by value starts where it started before.
  const Tensor y = FunctionOfMany(f)(xs);
  return Record("checkpoint", ExternalInputs({y}, mark), detach(y),
                [f = std::move(f), xs](const Tensor& dy, const Saved& saved) -> Tensors {
                  const bool create_graph = IsRecording();
                  ScopedRecording on(true);
                  const Tensor again = FunctionOfMany(f)(xs);
                  if (!SameBits(again, saved.output())) {
                    Fail(ErrorCode::kGradient,
                         {.where = "checkpoint",
                          .given = "a function that gave another result when run again",
                          .need = "a pure function",
                          .hint = "capture random generators by value"});
                  }
                  return Pull(again, saved.inputs(), dy, create_graph);
                });
}

Tensor custom_function(const char* name, const Tensors& xs, const FunctionOfMany& forward,
                       Vjp vjp) {
  // A new handle: `forward` may return an input or a tensor that it captured.
  const Tensor y = no_grad([&] { return forward(xs); }).Alias();
  return Record(name, xs, y, std::move(vjp));
}

}  // namespace prova

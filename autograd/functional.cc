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

/// Refuses anything but one tensor for each of `like`, in its shape and dtype.
void CheckAlike(const char* where, const char* what, const Tensors& given, const char* of,
                const Tensors& like) {
  if (given.size() != like.size()) {
    Fail(ErrorCode::kValue, {.where = where,
                             .given = Cat(given.size(), " ", what, "s"),
                             .need = Cat(like.size(), ", one for each ", of)});
  }
  for (size_t i = 0; i < like.size(); ++i) {
    const Tensor &v = given[i], &x = like[i];
    if (v.shape() == x.shape() && v.dtype() == x.dtype()) continue;
    Fail(ErrorCode::kShape,
         {.where = where,
          .given = Cat("a ", what, " of ", v.dtype(), v.shape(), " for ", of, " ", i),
          .need = Cat(x.dtype(), x.shape())});
  }
}

/// The pullback of `ys` with respect to `xs`, all of them on the tape already.
Tensors Pull(const Tensors& ys, const Tensors& xs, const Tensors& vs, bool create_graph) {
  Tensors outputs, cotangents;
  for (size_t i = 0; i < ys.size(); ++i) {
    if (!is_tracked(ys[i])) continue;
    outputs.push_back(ys[i]);
    cotangents.push_back(vs[i]);
  }
  if (xs.empty() || outputs.empty()) return GradientsOrZeros({}, xs);
  return GradientsOrZeros(backward(outputs, {.cotangents = cotangents,
                                             .create_graph = create_graph,
                                             .wrt = xs,
                                             .wrt_independent = true}),
                          xs);
}

/// Whether ys lead to a tensor recorded before `mark`: somebody outside may differentiate again.
bool LeadOutside(const Tensors& ys, int64_t mark) { return !ExternalInputs(ys, mark).empty(); }

Tensors DetachAll(const Tensors& ys) {
  Tensors detached;
  for (const Tensor& y : ys) detached.push_back(detach(y));
  return detached;
}

FunctionToMany ToMany(const FunctionOfMany& f) {
  return [&f](const Tensors& xs) { return Tensors{f(xs)}; };
}

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
    const bool outer = was_recording && LeadOutside({y}, mark);
    Tensors gradients = Pull({y}, inside, {ones_like(y)}, /*create_graph=*/outer);
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

PullbackOfMany vjp(const FunctionToMany& f, const Tensors& xs) {
  const bool was_recording = IsRecording();
  ScopedRecording on(true);
  const int64_t mark = TapeMark();
  const Tensors inside = EnterAll(xs);
  const Tensors ys = f(inside);
  const bool outer = was_recording && LeadOutside(ys, mark);
  return {outer ? ys : DetachAll(ys), [ys, inside, outer](const Tensors& vs) {
            CheckAlike("vjp", "cotangent", vs, "result", ys);
            const bool tracked = outer || std::any_of(vs.begin(), vs.end(), is_tracked);
            return Pull(ys, inside, vs, IsRecording() && tracked);
          }};
}

Pullback vjp(const FunctionOfMany& f, const Tensors& xs) {
  PullbackOfMany many = vjp(ToMany(f), xs);
  return {many.values[0], [pull = std::move(many.pull)](const Tensor& v) { return pull({v}); }};
}

PushforwardOfMany jvp(const FunctionToMany& f, const Tensors& xs, const Tensors& tangents) {
  CheckAlike("jvp", "tangent", tangents, "input", xs);
  const bool was_recording = IsRecording();
  ScopedRecording on(true);
  const int64_t mark = TapeMark();
  const Tensors inside = EnterAll(xs);
  const Tensors ys = f(inside);
  Tensors us;
  for (const Tensor& y : ys) us.push_back(is_tracked(y) ? parameter(zeros_like(y)) : zeros_like(y));
  const Tensors pulled = Pull(ys, inside, us, /*create_graph=*/true);
  Tensors reached, cotangents;
  for (size_t i = 0; i < xs.size(); ++i) {
    if (!is_tracked(pulled[i])) continue;
    reached.push_back(pulled[i]);
    cotangents.push_back(tangents[i]);
  }
  const bool outer = was_recording && (LeadOutside(ys, mark) ||
                                       std::any_of(tangents.begin(), tangents.end(), is_tracked));
  const Gradients found =
      backward(reached, {.cotangents = cotangents, .create_graph = outer, .wrt = us});
  return {outer ? ys : DetachAll(ys), GradientsOrZeros(found, us)};
}

Pushforward jvp(const FunctionOfMany& f, const Tensors& xs, const Tensors& tangents) {
  const PushforwardOfMany many = jvp(ToMany(f), xs, tangents);
  return {many.values[0], many.tangents[0]};
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
                  return Pull({again}, saved.inputs(), {dy}, create_graph);
                });
}

Tensor custom_function(const char* name, const Tensors& xs, const FunctionOfMany& forward,
                       Vjp vjp) {
  // A new handle: `forward` may return an input or a tensor that it captured.
  const Tensor y = no_grad([&] { return forward(xs); }).Alias();
  return Record(name, xs, y, std::move(vjp));
}

}  // namespace prova

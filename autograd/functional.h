#pragma once

#include <functional>
#include <utility>

#include "autograd/tape.h"

namespace prova {

/// Derivatives of functions, in the manner of JAX. Every function here can be differentiated again:
/// `grad(grad(f))` is the second derivative. Down to `hessian` they work inside no_grad too; what
/// they return is tracked only while recording, and only where an input or a captured tensor is.

using Function = std::function<Tensor(const Tensor& x)>;
using FunctionOfMany = std::function<Tensor(const Tensors& xs)>;
using FunctionToMany = std::function<Tensors(const Tensors& xs)>;

struct ValueAndGrad {
  Tensor value;
  Tensor gradient;
};
struct ValueAndGrads {
  Tensor value;
  Tensors gradients;
};

/// The function x -> df/dx, for f with one number as its result. A gradient that f does not reach
/// is zero. Errors: kShape where f(x) is not one number.
Function grad(Function f);
std::function<Tensors(const Tensors&)> grad(FunctionOfMany f);

/// The function x -> (f(x), df/dx).
std::function<ValueAndGrad(const Tensor&)> value_and_grad(Function f);
std::function<ValueAndGrads(const Tensors&)> value_and_grad(FunctionOfMany f);

/// What `vjp` returns: f(xs), and the map from a cotangent v to J(xs)^T v.
struct Pullback {
  Tensor value;
  std::function<Tensors(const Tensor& v)> pull;
};
/// The same for several results, with a cotangent for each.
struct PullbackOfMany {
  Tensors values;
  std::function<Tensors(const Tensors& vs)> pull;
};

/// f(xs) and its vector-Jacobian product, for a result of any shape. `pull(v)` takes a cotangent of
/// the shape and dtype of the result and gives one for each x, in its shape and dtype: zeros where
/// f does not reach it. It may be called any number of times. Errors: kDType unless every x is
/// floating; `pull`: kShape for a v of another shape or dtype, kValue unless there is one a result.
Pullback vjp(const FunctionOfMany& f, const Tensors& xs);
PullbackOfMany vjp(const FunctionToMany& f, const Tensors& xs);

/// What `jvp` returns: f(xs), and J(xs) applied to the tangents, in the shape and dtype of f(xs).
struct Pushforward {
  Tensor value;
  Tensor tangent;
};
struct PushforwardOfMany {
  Tensors values;
  Tensors tangents;
};

/// f(xs) and J(xs) v for tangents v, one of the shape and dtype of each x: the vector-Jacobian
/// product of the vector-Jacobian product, which is linear in its cotangent.
/// Errors: kValue unless there are as many tangents as xs; kShape for one of another shape or
/// dtype; kDType unless every x is floating.
Pushforward jvp(const FunctionOfMany& f, const Tensors& xs, const Tensors& tangents);
PushforwardOfMany jvp(const FunctionToMany& f, const Tensors& xs, const Tensors& tangents);
/// The same of one tensor.
Pushforward jvp(const Function& f, const Tensor& x, const Tensor& tangent);

/// H(x) v, without forming H.
Tensor hvp(const Function& f, const Tensor& x, const Tensor& v);

/// J of shape [*f(x), *x]: one row, a vector-Jacobian product, for each element of f(x).
Tensor jacobian(const Function& f, const Tensor& x);

/// H of shape [*x, *x].
Tensor hessian(const Function& f, const Tensor& x);

/// f(xs), recorded as one node that keeps only `xs`: the backward pass computes f again. Tensors
/// that f captured get their gradients too. f must be pure and own what it captures; a random
/// generator captured by value repeats, since each run takes a fresh copy of f.
/// Errors: kGradient where computing again gives a different result.
Tensor checkpoint(FunctionOfMany f, const Tensors& xs);

/// A function with a gradient of one's own: `forward` runs unrecorded, `vjp` as for an operation.
/// `name` must be a string literal.
Tensor custom_function(const char* name, const Tensors& xs, const FunctionOfMany& forward, Vjp vjp);

}  // namespace prova

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "autograd/tape.h"
#include "base/philox.h"

namespace prova {

/// What `CheckGradient` and `CheckSecondOrder` check, by central differences, in double.
///
/// The checker contracts the result with random cotangents v and compares the vector-Jacobian
/// product with the differences of <f(x), v>, element by element. It guards itself twice:
/// - signal: a check is refused where the derivative with respect to an input stays below 100 times
///   the tolerance, since it could not see an error (as in `sum(softmax(x))`, whose gradient is 0);
/// - mutants: the gradient scaled by 1.01, negated, zeroed, and with two inputs' gradients swapped
///   must each be rejected by the same comparison.
/// Source of the step: Numerical Recipes 5.7, h near eps^(1/3) for central differences.
struct GradientCheck {
  std::function<Tensor(const Tensors& inputs)> f;
  Tensors inputs;  ///< float64 where `differentiable`, any dtype otherwise
  std::vector<bool> differentiable;
  /// Inputs whose derivative is exactly zero and is checked to be: the signal guard skips them.
  std::vector<bool> zero = {};
  /// The cotangent; random where undefined.
  Tensor cotangent = {};
  /// The gradients that are checked, one an input (undefined where not differentiable), given the
  /// inputs and the cotangent; those of the tape where empty.
  std::function<Tensors(const Tensors& inputs, const Tensor& cotangent)> gradient = {};
};

/// What a check found; `problem` is empty where the gradient holds and the check is trustworthy.
struct GradientReport {
  std::string problem;
  double largest_error = 0;
  double largest_derivative = 0;
  double tolerance = 0;
  int mutants_killed = 0;
  int mutants = 0;
};

/// Compares the gradients of <f(inputs), v>, of the shapes of the inputs, with central differences
/// element by element; v, of the shape of f(inputs), is `check.cotangent` or drawn from `rng`. A
/// wrong gradient, or a check that could not tell, is no error: the report's `problem` says it.
/// Errors: kDType where a `differentiable` input is not floating; whatever f throws.
GradientReport CheckGradient(const GradientCheck& check, Rng& rng);

/// Checks the derivative of the vector-Jacobian product itself, as a function of the inputs and of
/// the cotangent together. `affine[i]`: the result is affine in input i alone, so that its second
/// derivative is zero.
GradientReport CheckSecondOrder(const GradientCheck& check, const std::vector<bool>& affine,
                                Rng& rng);

/// The gradients of <f(inputs), cotangent>; undefined for inputs that are not differentiable.
Tensors GradientsOf(const std::function<Tensor(const Tensors&)>& f, const Tensors& inputs,
                    const std::vector<bool>& differentiable, const Tensor& cotangent);

}  // namespace prova

#pragma once

#include <string>

#include "gradcheck/spec.h"

namespace prova {

/// What the result of a case is to be, and how far a given one is from it.

/// The random numbers of a case: the same in every run for one seed; tests use seed 0.
Rng CaseRng(const std::string& name, uint64_t seed = 0);

/// The inputs on the processor, real ones as float64 with exactly the values they have.
Tensors Exactly(const Tensors& inputs);

/// The result of the reference kernels on the processor, in double.
Tensor ExactResult(const OpCase& sample, const Tensors& inputs);

/// The element of a result that is worst: that whose error is the most times what is allowed.
struct Deviation {
  int64_t element = -1;  ///< in row-major order; -1 where every element is exact
  double actual = 0;
  double exact = 0;
  double error = 0;
  double allowed = 0;
  bool agrees = true;
  /// Error over what is allowed; infinite where NaN or an infinity has no counterpart.
  double ratio = 0;
};

/// Compares element by element, in epsilons of the dtype that `actual` was computed in; a result
/// stored in a narrower dtype may also be off by its own rounding. NaN agrees with NaN alone,
/// infinity with the same infinity. `actual` and `exact` (float64) have one shape.
Deviation WorstDeviation(const Tensor& actual, const Tensor& exact, const Tolerance& tolerance);

}  // namespace prova

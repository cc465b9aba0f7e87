#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace prova {

/// A function of one number, and what it is to compute.
struct SweptFunction {
  const char* name;
  Tensor (*ours)(const Tensor&);
  double (*exact)(double);  ///< its own error, below 1e-8 float32 ulps, is neglected
};

/// Prints how far each function is from the truth over every float32 there is, on every target of
/// this machine: some minutes a function. An operation names its own in `NAME_ulps.cc`, which is
/// the program `bazel run -c opt //ops/NAME:ulp_sweep`.
void SweepEveryFloat(const std::vector<SweptFunction>& functions);

}  // namespace prova

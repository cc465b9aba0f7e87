#pragma once

#include <functional>
#include <string>

#include "gradcheck/spec.h"

namespace prova {

/// Runs one case on every kernel of its operation: the same inputs each time, and the exact result
/// to hold theirs against.

/// The random numbers of a case, the same in every run.
Rng CaseRng(const std::string& name);

/// The inputs on the processor, real ones as float64 with exactly the values they have.
Tensors Exactly(const Tensors& inputs);

/// Calls `body(name)` on the reference column and on each target of the vector column; where new
/// tensors are made on a GPU, on its kernels instead, once for each schedule of their threads.
void ForEachKernel(const OpSpec& spec, const std::function<void(const std::string& name)>& body);

}  // namespace prova

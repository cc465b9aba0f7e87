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

/// Calls `body(name)`, which computes with tensors of `dtype`, on the reference column and on each
/// target of the vector column. Where new tensors are made on a GPU, on its kernels instead, once
/// for each schedule of their threads; only once where those compute in another dtype, since that
/// one's turn brings the schedules.
void ForEachKernel(const OpSpec& spec, DType dtype,
                   const std::function<void(const std::string& name)>& body);

}  // namespace prova

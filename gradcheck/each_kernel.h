#pragma once

#include <functional>
#include <string>

#include "gradcheck/exact.h"

namespace prova {

/// Runs one case on every kernel of its operation: the same inputs each time, and the exact result
/// to hold theirs against.

/// Calls `body(name)`, which computes with tensors of `dtype`, on the reference column and on each
/// target of the vector column. Where new tensors are made on a GPU, on its kernels instead, once
/// for each schedule of their threads; only once where those compute in another dtype, since that
/// one's turn brings the schedules.
void ForEachKernel(const OpSpec& spec, DType dtype,
                   const std::function<void(const std::string& name)>& body);

}  // namespace prova

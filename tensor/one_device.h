#pragma once

#include <initializer_list>

#include "tensor/tensor.h"

namespace prova {

/// Errors: kDevice, in the name of `op`, unless all of the operands that are defined are on one
/// device.
void RequireOneDevice(const char* op, std::initializer_list<Tensor> operands);

}  // namespace prova

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace prova {

/// A tensor and what it is called: a parameter of a model, a piece of optimizer state, an entry of
/// a file.
struct NamedTensor {
  std::string name;
  Tensor value;
};
using NamedTensors = std::vector<NamedTensor>;

/// The tensor of that name, or an undefined one.
Tensor find(const NamedTensors& tensors, std::string_view name);

/// `tensors` with `prefix` before every name.
NamedTensors with_prefix(std::string_view prefix, const NamedTensors& tensors);

/// Those whose name begins with `prefix`, without it.
NamedTensors without_prefix(std::string_view prefix, const NamedTensors& tensors);

/// The same values in memory of their own.
NamedTensors copy_of(const NamedTensors& tensors);
Tensor copy_of(const Tensor& x);

/// `float32[2, 3]`, as error messages describe a tensor.
std::string describe(const Tensor& x);

/// Errors: kValue, naming `where` and the name, where two tensors share one.
void RequireUniqueNames(const NamedTensors& tensors, const std::string& where);

}  // namespace prova

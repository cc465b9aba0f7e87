#include "nn/named_tensors.h"

#include <unordered_set>

#include "base/text.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {

Tensor find(const NamedTensors& tensors, std::string_view name) {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return tensor.value;
  }
  return {};
}

NamedTensors with_prefix(std::string_view prefix, const NamedTensors& tensors) {
  NamedTensors result;
  for (const auto& [name, value] : tensors) result.push_back({Cat(prefix, name), value});
  return result;
}

NamedTensors without_prefix(std::string_view prefix, const NamedTensors& tensors) {
  NamedTensors result;
  for (const auto& [name, value] : tensors) {
    if (name.starts_with(prefix)) result.push_back({name.substr(prefix.size()), value});
  }
  return result;
}

Tensor copy_of(const Tensor& x) {
  const Tensor copy = empty_like(x);
  CopyElements(x, copy);
  return copy;
}

NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const auto& [name, value] : tensors) copies.push_back({name, copy_of(value)});
  return copies;
}

std::string describe(const Tensor& x) {
  return x.defined() ? Cat(x.dtype(), x.shape()) : "an undefined tensor";
}

void RequireUniqueNames(const NamedTensors& tensors, const std::string& where) {
  std::unordered_set<std::string_view> seen;
  for (const NamedTensor& tensor : tensors) {
    if (seen.insert(tensor.name).second) continue;
    Fail(ErrorCode::kValue, {.where = where,
                             .given = Cat("two tensors named '", tensor.name, "'"),
                             .need = "a name of its own for each"});
  }
}

}  // namespace prova

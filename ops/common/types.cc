#include "ops/common/types.h"

#include <algorithm>

#include "base/text.h"
#include "tensor/strided.h"

namespace prova {

std::string ToString(DTypeSet types) {
  std::string text;
  for (DType dtype : kAllDTypes) {
    if (types.contains(dtype)) text += (text.empty() ? "" : ", ") + std::string(ToString(dtype));
  }
  return text;
}

void RequireFloating(const char* op, const Tensor& x) {
  if (IsFloating(x.dtype())) return;
  Fail(ErrorCode::kDType, {.where = op,
                           .given = Cat("a tensor of ", x.dtype()),
                           .need = "a floating dtype",
                           .hint = "cast it to float32"});
}

void RequireNumeric(const char* op, const Tensor& x) {
  if (x.dtype() != DType::kBool) return;
  Fail(ErrorCode::kDType, {.where = op,
                           .given = "a tensor of bool",
                           .need = "a numeric dtype",
                           .hint = "cast it to int64"});
}

void RequireSameShape(const char* op, const Tensor& a, const Tensor& b) {
  if (a.shape() == b.shape()) return;
  Fail(ErrorCode::kShape,
       {.where = op, .given = Cat("shapes ", a.shape(), " and ", b.shape()), .need = "one shape"});
}

Tensor ForKernel(const Tensor& x, DType dtype) { return Contiguous(Cast(x, dtype)); }

DType KernelDType(const Tensor& x, std::initializer_list<const Tensor*> others) {
  const bool one = std::ranges::all_of(others, [&](const Tensor* other) {
    return !other->defined() || other->dtype() == x.dtype();
  });
  return one ? x.dtype() : ComputeType(x.dtype());
}

}  // namespace prova

#include "tensor/dtype.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "base/text.h"

namespace prova {

const char* ToString(DType dtype) {
  switch (dtype) {
    case DType::kBool: return "bool";
    case DType::kUInt8: return "uint8";
    case DType::kInt8: return "int8";
    case DType::kInt16: return "int16";
    case DType::kInt32: return "int32";
    case DType::kInt64: return "int64";
    case DType::kFloat16: return "float16";
    case DType::kBFloat16: return "bfloat16";
    case DType::kFloat32: return "float32";
    case DType::kFloat64: return "float64";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << ToString(dtype); }

DType ParseDType(const std::string& name) {
  for (DType dtype : kAllDTypes) {
    if (name == ToString(dtype)) return dtype;
  }
  std::string names;
  for (DType dtype : kAllDTypes)
    names += (names.empty() ? "" : ", ") + std::string(ToString(dtype));
  Fail(ErrorCode::kDType,
       {.where = "dtype", .given = Cat("'", name, "' is no dtype"), .need = "one of " + names});
}

double Epsilon(DType dtype) {
  switch (dtype) {
    case DType::kFloat16: return 0x1p-10;
    case DType::kBFloat16: return 0x1p-7;
    case DType::kFloat32: return 0x1p-23;
    case DType::kFloat64: return 0x1p-52;
    default:
      Fail(ErrorCode::kDType, {.where = "Epsilon",
                               .given = Cat(dtype, " has no rounding error"),
                               .need = "a floating dtype"});
  }
}

DType promote_types(DType a, DType b) {
  if (a == b) return a;
  const DType low = std::min(a, b), high = std::max(a, b);
  if (low == DType::kUInt8 && high == DType::kInt8) return DType::kInt16;
  if (low == DType::kFloat16 && high == DType::kBFloat16) return DType::kFloat32;
  return high;
}

}  // namespace prova

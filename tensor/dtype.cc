#include "tensor/dtype.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "base/text.h"

namespace prova {

float16::float16(float value) {
  const uint32_t word = std::bit_cast<uint32_t>(value);
  const uint16_t sign = static_cast<uint16_t>((word >> 16) & 0x8000);
  const uint32_t magnitude = word & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) {
    bits = sign | 0x7E00;  // NaN
  } else if (magnitude >= 0x477FF000) {
    bits = sign | 0x7C00;  // 65520 and more round to infinity
  } else if (magnitude < 0x38800000) {
    // Subnormal: adding 0.5 lets the float adder round at the last place of binary16 (2^-24).
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    bits = sign | static_cast<uint16_t>(std::bit_cast<uint32_t>(shifted) - 0x3F000000);
  } else {
    const uint32_t even = (magnitude >> 13) & 1;
    bits = sign | static_cast<uint16_t>((magnitude - 0x38000000 + 0xFFF + even) >> 13);
  }
}

float16::operator float() const {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t exponent = (bits >> 10) & 0x1F;
  const uint32_t mantissa = bits & 0x3FF;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000 | mantissa << 13);
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

bfloat16::bfloat16(float value) {
  const uint32_t word = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) {
    bits = static_cast<uint16_t>(word >> 16) | 0x0040;
  } else {
    bits = static_cast<uint16_t>((word + 0x7FFF + ((word >> 16) & 1)) >> 16);
  }
}

int64_t ItemSize(DType dtype) {
  return VisitDType(dtype,
                    [](auto tag) -> int64_t { return sizeof(typename decltype(tag)::type); });
}

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

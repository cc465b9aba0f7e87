#pragma once

#include <bit>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>
#include <type_traits>

#include "base/error.h"

namespace prova {

/// IEEE 754 binary16, a storage type: arithmetic happens in float. (Constexpr, so that device code
/// converts by the same lines.)
struct float16 {
  uint16_t bits = 0;
  float16() = default;
  constexpr explicit float16(float value);  ///< rounds to nearest, ties to even
  constexpr operator float() const;
};

/// The upper half of a float, a storage type: arithmetic happens in float.
struct bfloat16 {
  uint16_t bits = 0;
  bfloat16() = default;
  constexpr explicit bfloat16(float value);  ///< rounds to nearest, ties to even
  constexpr operator float() const { return std::bit_cast<float>(uint32_t{bits} << 16); }
};

constexpr float16::float16(float value) {
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

constexpr float16::operator float() const {
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

constexpr bfloat16::bfloat16(float value) {
  const uint32_t word = std::bit_cast<uint32_t>(value);
  if ((word & 0x7FFFFFFF) > 0x7F800000) {
    bits = static_cast<uint16_t>(word >> 16) | 0x0040;  // NaN
  } else {
    bits = static_cast<uint16_t>((word + 0x7FFF + ((word >> 16) & 1)) >> 16);
  }
}

/// The ten element types. The order within a kind is the order of promotion.
enum class DType : uint8_t {
  kBool,
  kUInt8,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
};

inline constexpr DType kAllDTypes[] = {
    DType::kBool,  DType::kUInt8,   DType::kInt8,     DType::kInt16,   DType::kInt32,
    DType::kInt64, DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64};

/// Names a C++ type for `VisitDType`.
template <typename T>
struct TypeTag {
  using type = T;
};

/// The DType of a C++ element type.
template <typename T>
inline constexpr DType kDTypeOf = [] {
  if constexpr (std::is_same_v<T, bool>) return DType::kBool;
  if constexpr (std::is_same_v<T, uint8_t>) return DType::kUInt8;
  if constexpr (std::is_same_v<T, int8_t>) return DType::kInt8;
  if constexpr (std::is_same_v<T, int16_t>) return DType::kInt16;
  if constexpr (std::is_same_v<T, int32_t>) return DType::kInt32;
  if constexpr (std::is_same_v<T, int64_t>) return DType::kInt64;
  if constexpr (std::is_same_v<T, float16>) return DType::kFloat16;
  if constexpr (std::is_same_v<T, bfloat16>) return DType::kBFloat16;
  if constexpr (std::is_same_v<T, float>) return DType::kFloat32;
  if constexpr (std::is_same_v<T, double>) return DType::kFloat64;
}();

/// Calls `visitor(TypeTag<T>())` with the C++ type T of `dtype` and returns what it returns.
template <typename Visitor>
decltype(auto) VisitDType(DType dtype, Visitor&& visitor) {
  switch (dtype) {
    case DType::kBool: return visitor(TypeTag<bool>());
    case DType::kUInt8: return visitor(TypeTag<uint8_t>());
    case DType::kInt8: return visitor(TypeTag<int8_t>());
    case DType::kInt16: return visitor(TypeTag<int16_t>());
    case DType::kInt32: return visitor(TypeTag<int32_t>());
    case DType::kInt64: return visitor(TypeTag<int64_t>());
    case DType::kFloat16: return visitor(TypeTag<float16>());
    case DType::kBFloat16: return visitor(TypeTag<bfloat16>());
    case DType::kFloat32: return visitor(TypeTag<float>());
    case DType::kFloat64: break;
  }
  return visitor(TypeTag<double>());
}

/// Bytes of one element.
inline int64_t ItemSize(DType dtype) {
  return VisitDType(dtype,
                    [](auto tag) -> int64_t { return sizeof(typename decltype(tag)::type); });
}

/// `float32`, `int64`, … as NumPy spells them.
const char* ToString(DType dtype);
std::ostream& operator<<(std::ostream& out, DType dtype);

/// The dtype of a name. Errors: kDType, listing the names.
DType ParseDType(const std::string& name);

constexpr bool IsFloating(DType dtype) { return dtype >= DType::kFloat16; }
constexpr bool IsInteger(DType dtype) { return dtype > DType::kBool && dtype < DType::kFloat16; }

/// The distance from 1 to the next larger number of a floating dtype. Errors: kDType otherwise.
double Epsilon(DType dtype);

/// The dtype of an operation on `a` and `b`, by the Python Array API standard 2024.12.
///
/// Where the standard leaves a pair open, the larger kind wins (bool < integer < floating), as in
/// PyTorch and JAX; float16 with bfloat16 gives float32, the least type that holds both.
DType promote_types(DType a, DType b);

/// What a kernel computes in: float32 for the storage types float16 and bfloat16, else `dtype`.
constexpr DType ComputeType(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16 ? DType::kFloat32 : dtype;
}

}  // namespace prova

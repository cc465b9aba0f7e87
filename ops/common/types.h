#pragma once

#include <initializer_list>
#include <string>
#include <type_traits>

#include "tensor/tensor.h"

namespace prova {

/// A set of dtypes, for tables and checks.
class DTypeSet {
 public:
  constexpr DTypeSet(std::initializer_list<DType> types) {
    for (DType type : types) bits_ |= 1u << static_cast<int>(type);
  }
  constexpr bool contains(DType type) const { return bits_ >> static_cast<int>(type) & 1; }
  constexpr DTypeSet operator|(DTypeSet other) const {
    other.bits_ |= bits_;
    return other;
  }

 private:
  uint32_t bits_ = 0;
};

/// `float32, float64`.
std::string ToString(DTypeSet types);

/// What kernels compute in; the storage types float16 and bfloat16 are widened to float32 around
/// them.
inline constexpr DTypeSet kComputeFloats = {DType::kFloat32, DType::kFloat64};
inline constexpr DTypeSet kIntegers = {DType::kUInt8, DType::kInt8, DType::kInt16, DType::kInt32,
                                       DType::kInt64};
inline constexpr DTypeSet kComputeNumbers = kComputeFloats | kIntegers;
inline constexpr DTypeSet kComputeAll = kComputeNumbers | DTypeSet{DType::kBool};

/// The type in which arithmetic on T wraps: for integers an unsigned one, where overflow is defined
/// and small types are not promoted to int.
template <typename T>
using WrappingType = std::conditional_t<std::is_floating_point_v<T>, T,
                                        std::conditional_t<(sizeof(T) > 4), uint64_t, uint32_t>>;

/// Calls `visitor(TypeTag<T>())` with float or double.
template <typename Visitor>
void VisitFloats(DType dtype, Visitor&& visitor) {
  if (dtype == DType::kFloat32) return visitor(TypeTag<float>());
  return visitor(TypeTag<double>());
}

/// Calls `visitor(TypeTag<T>())` with an integer type, float or double.
template <typename Visitor>
void VisitNumbers(DType dtype, Visitor&& visitor) {
  switch (dtype) {
    case DType::kUInt8: return visitor(TypeTag<uint8_t>());
    case DType::kInt8: return visitor(TypeTag<int8_t>());
    case DType::kInt16: return visitor(TypeTag<int16_t>());
    case DType::kInt32: return visitor(TypeTag<int32_t>());
    case DType::kInt64: return visitor(TypeTag<int64_t>());
    default: return VisitFloats(dtype, visitor);
  }
}

/// Errors: kDType unless x is floating; the hint is to cast.
void RequireFloating(const char* op, const Tensor& x);

/// Errors: kDType for a tensor of bool.
void RequireNumeric(const char* op, const Tensor& x);

/// Errors: kShape unless a and b have one shape.
void RequireSameShape(const char* op, const Tensor& a, const Tensor& b);

/// Whether x may be given to a kernel as it is.
inline bool IsForKernel(const Tensor& x) {
  return x.dtype() == ComputeType(x.dtype()) && x.is_contiguous();
}

/// x in what kernels compute in, its elements in row-major order: what a kernel may be given.
Tensor ForKernel(const Tensor& x);

}  // namespace prova

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
/// them, or in them where a kernel's row names these types too.
inline constexpr DTypeSet kComputeFloats = {DType::kFloat32, DType::kFloat64};
inline constexpr DTypeSet kIntegers = {DType::kUInt8, DType::kInt8, DType::kInt16, DType::kInt32,
                                       DType::kInt64};
inline constexpr DTypeSet kComputeNumbers = kComputeFloats | kIntegers;
inline constexpr DTypeSet kComputeAll = kComputeNumbers | DTypeSet{DType::kBool};
inline constexpr DTypeSet kHalves = {DType::kFloat16, DType::kBFloat16};
inline constexpr DTypeSet kAllFloats = kComputeFloats | kHalves;
inline constexpr DTypeSet kAllNumbers = kComputeNumbers | kHalves;

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

/// The same with the storage types, for kernels that widen them.
template <typename Visitor>
void VisitAllFloats(DType dtype, Visitor&& visitor) {
  if (dtype == DType::kFloat16) return visitor(TypeTag<float16>());
  if (dtype == DType::kBFloat16) return visitor(TypeTag<bfloat16>());
  VisitFloats(dtype, visitor);
}
template <typename Visitor>
void VisitAllNumbers(DType dtype, Visitor&& visitor) {
  if (IsFloating(dtype)) return VisitAllFloats(dtype, visitor);
  VisitNumbers(dtype, visitor);
}

/// Errors: kDType unless x is floating; the hint is to cast.
void RequireFloating(const char* op, const Tensor& x);

/// Errors: kDType for a tensor of bool.
void RequireNumeric(const char* op, const Tensor& x);

/// Errors: kShape unless a and b have one shape.
void RequireSameShape(const char* op, const Tensor& a, const Tensor& b);

/// Whether x may be given as it is to a kernel that takes `dtype`.
inline bool IsForKernel(const Tensor& x, DType dtype) {
  return x.dtype() == dtype && x.is_contiguous();
}

/// x in the dtype that a kernel takes, its elements in row-major order.
Tensor ForKernel(const Tensor& x, DType dtype);

/// The dtype to choose a kernel by that takes x and others in one: that of x, widened if another
/// has a different one, which then is not rounded to 16 bits on its way. Undefined ones are passed
/// by.
DType KernelDType(const Tensor& x, std::initializer_list<const Tensor*> others);

}  // namespace prova

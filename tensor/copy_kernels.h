#pragma once

#include "tensor/strided.h"

namespace prova {

/// to[...] = from[...], elements of `item_size` bytes moved as bits; `geometry` walks from and to.
struct CopyArgs {
  int64_t item_size;  // 1, 2, 4 or 8
  const void* from;
  void* to;
  int64_t count;
  const JointGeometry& geometry;
};

/// to[i] = from[i] as another floating dtype, rounded to nearest, ties to even.
struct ConvertArgs {
  DType from_dtype;
  const void* from;  // [count]
  DType to_dtype;
  void* to;  // [count]
  int64_t count;
};

/// Calls `visitor(TypeTag<T>())` with the unsigned integer T of that many bytes.
template <typename Visitor>
void VisitBits(int64_t item_size, Visitor&& visitor) {
  switch (item_size) {
    case 1: return visitor(TypeTag<uint8_t>());
    case 2: return visitor(TypeTag<uint16_t>());
    case 4: return visitor(TypeTag<uint32_t>());
    default: return visitor(TypeTag<uint64_t>());
  }
}

/// Between float32 and a 16-bit dtype, and from float32 to float64. Not back: where there are no
/// vectors, Highway turns infinities into the largest float.
constexpr bool HasConvertKernel(DType from, DType to) {
  const auto is_half = [](DType d) { return d == DType::kFloat16 || d == DType::kBFloat16; };
  return (from == DType::kFloat32 && (is_half(to) || to == DType::kFloat64)) ||
         (is_half(from) && to == DType::kFloat32);
}

namespace simd {
void CopyElements(const CopyArgs& args);
void Convert(const ConvertArgs& args);
}  // namespace simd

}  // namespace prova

#pragma once

#include "cuda/runtime.h"
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

/// to[i] = item, the bits of one element of `item_size` bytes.
struct FillArgs {
  int64_t item_size;  // 1, 2, 4 or 8
  uint64_t item;
  void* to;  // [count]
  int64_t count;
};

/// to[...] = from[...] converted as `ConvertElement` does; `geometry` walks from and to.
struct ConvertStridedArgs {
  DType from_dtype;
  const void* from;
  DType to_dtype;
  void* to;
  int64_t count;
  const JointGeometry& geometry;
};

/// to[...] += the sum of its terms in from[...], in double: `places` walks the elements of `to` and
/// the first of their terms, `terms` the steps in `from` from one term of an element to the next.
struct AccumulateIntoArgs {
  DType dtype;  // floating
  const void* from;
  void* to;
  const JointGeometry& places;
  int64_t place_count;
  const JointGeometry& terms;
  int64_t term_count;
  double* partials;  // [pieces, place_count]
  int64_t pieces;    // of the terms, summed apart
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

namespace cuda {
PROVA_LINKED void Fill(const FillArgs& args);
PROVA_LINKED void CopyElements(const CopyArgs& args);
PROVA_LINKED void Convert(const ConvertStridedArgs& args);
PROVA_LINKED void AccumulateInto(const AccumulateIntoArgs& args);
}  // namespace cuda

}  // namespace prova

#pragma once

#include <bit>
#include <type_traits>

#include "cuda/kernel.h"
#include "tensor/dtype.h"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace prova::cuda {

/// The storage types in kernels: memory holds 16 bits, arithmetic is that of float.

template <typename T>
inline constexpr bool kIsHalf = std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

// #region half
/// What a T is computed with.
template <typename T>
using Wide = std::conditional_t<kIsHalf<T>, float, T>;

template <typename T>
__device__ __forceinline__ Wide<T> Widen(T x) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<T, float16>) return __half2float(__ushort_as_half(x.bits));
#endif
  return x;
}

/// To nearest, ties to even; a GPU has an instruction for each type.
template <typename T>
__device__ __forceinline__ T Narrow(Wide<T> x) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<T, float16>) {
    return std::bit_cast<T>(__half_as_ushort(__float2half_rn(x)));
  } else if constexpr (std::is_same_v<T, bfloat16>) {
    return std::bit_cast<T>(__bfloat16_as_ushort(__float2bfloat16_rn(x)));
  }
#endif
  return T(x);
}
// #endregion half

}  // namespace prova::cuda

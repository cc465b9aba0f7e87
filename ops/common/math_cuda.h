#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include "cuda/kernel.h"
#include "ops/common/math_constants.h"

namespace prova::cuda {

/// The formulas of `math-inl.h` for one element, for where CUDA's own functions promise less than
/// is needed. Every product that something is added to is a written `std::fma`, so that the harness
/// rounds exactly as a GPU does.

using prova::math::Constants;

/// c[0] + c[1] x + … by Horner's rule.
template <const auto& c, size_t k = 0, typename T>
__device__ __forceinline__ T Polynomial(T x) {
  constexpr T kCoefficient = c[k];
  if constexpr (k + 1 == std::size(c)) {
    return kCoefficient;
  } else {
    return std::fma(Polynomial<c, k + 1>(x), x, kCoefficient);
  }
}

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;

/// 2^n for n in the range of normal numbers.
template <typename T>
__device__ __forceinline__ T PowerOfTwo(BitsOf<T> n) {
  return std::bit_cast<T>((n + Constants<T>::kBias) << Constants<T>::kMantissa);
}

// #region exp
/// x / ln 2 rounded to an integer n: as a number, and `shifted`, in whose lowest bits it stands
/// since adding the magic number rounds.
template <typename T>
__device__ __forceinline__ T RoundToMultiple(T x, T& shifted) {
  shifted = std::fma(x, T(1.4426950408889634), Constants<T>::kMagic);
  return shifted - Constants<T>::kMagic;
}

/// y 2^n in two halves: neither overflows, and a subnormal result is rounded once.
template <typename T>
__device__ __forceinline__ T TimesPower(T y, T shifted) {
  const BitsOf<T> n =
      std::bit_cast<BitsOf<T>>(shifted) - std::bit_cast<BitsOf<T>>(T(Constants<T>::kMagic));
  const BitsOf<T> half = n >> 1;
  return y * PowerOfTwo<T>(half) * PowerOfTwo<T>(n - half);
}

/// e^r - 1 for |r| <= ln(2)/2.
template <typename T>
__device__ __forceinline__ T ExpLessOne(T r) {
  return std::fma(r * r, Polynomial<Constants<T>::kExp>(r), r);
}

/// e^x within 1 ulp.
template <typename T>
__device__ __forceinline__ T Exp(T x) {
  using C = Constants<T>;
  // Beyond these limits nothing changes; NaN lies within.
  x = x < C::kExpLowest ? C::kExpLowest : x > C::kExpHighest ? C::kExpHighest : x;
  T shifted;
  const T n = RoundToMultiple(x, shifted);
  const T r = std::fma(-n, T(C::kLn2Low), std::fma(-n, T(C::kLn2High), x));
  return TimesPower(1 + ExpLessOne(r), shifted);
}
// #endregion exp

}  // namespace prova::cuda

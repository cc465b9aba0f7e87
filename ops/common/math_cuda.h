#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <type_traits>

#include "cuda/kernel.h"
#include "ops/common/math_constants.h"
#include "ops/common/pieces.h"

namespace prova::cuda::math {

/// The formulas of `math-inl.h` for one element; exp has no table. Every product that something is
/// added to is a written `std::fma`, so that the harness rounds exactly as a GPU does: errors that
/// tests measure on it are those of a GPU, which nobody could say of CUDA's own functions.

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

/// The integer that adding the magic number left in the lowest bits.
template <typename T>
__device__ __forceinline__ BitsOf<T> IntegerIn(T shifted) {
  return std::bit_cast<BitsOf<T>>(shifted) - std::bit_cast<BitsOf<T>>(T(Constants<T>::kMagic));
}

/// 2^n for n in the range of normal numbers.
template <typename T>
__device__ __forceinline__ T PowerOfTwo(BitsOf<T> n) {
  return std::bit_cast<T>((n + Constants<T>::kBias) << Constants<T>::kMantissa);
}

// #region exp
/// x / ln 2 rounded to an integer: as a number, and `shifted`, in which it stands since adding the
/// magic number rounds.
template <typename T>
__device__ __forceinline__ T RoundToMultiple(T x, T& shifted) {
  shifted = std::fma(x, T(1.4426950408889634), Constants<T>::kMagic);
  return shifted - Constants<T>::kMagic;
}

/// y 2^n in two halves: neither overflows, and a subnormal result is rounded once.
template <typename T>
__device__ __forceinline__ T TimesPower(T y, T shifted) {
  const BitsOf<T> n = IntegerIn(shifted), half = n >> 1;
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

// #region log
/// The natural logarithm within 1 ulp: -inf at 0, NaN below.
template <typename T>
__device__ __forceinline__ T Log(T x) {
  using C = Constants<T>;
  using Bits = BitsOf<T>;
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const bool is_inside = x > 0 && x < kInfinity;
  const T inside = is_inside ? x : T(1);

  // inside = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); subnormal numbers are scaled up first.
  const bool small = inside < std::numeric_limits<T>::min();
  const Bits bits = std::bit_cast<Bits>(small ? inside * PowerOfTwo<T>(64) : inside);
  const Bits exponent = (bits - std::bit_cast<Bits>(T(0.70710678118654752))) >> C::kMantissa;
  const T f = std::bit_cast<T>(bits - (exponent << C::kMantissa)) - 1;
  const T shifted = std::bit_cast<T>(exponent + std::bit_cast<Bits>(T(C::kMagic)));
  const T e = shifted - C::kMagic - (small ? T(64) : T(0));

  // log(1+f) = f - (f^2/2 - s (f^2/2 + R)) with s = f/(2+f), R = s^2 P(s^2).
  const T s = f / (f + 2), z = s * s, h = f * f * T(0.5);
  const T r = std::fma(z, Polynomial<Constants<T>::kLog>(z), h);
  const T rest = std::fma(s, r, e * T(C::kLn2Low));
  const T y = std::fma(e, T(C::kLn2High), f - (h - rest));
  // +inf and NaN are their own logarithms.
  const T outside = x == 0 ? -kInfinity : x < 0 ? std::numeric_limits<T>::quiet_NaN() : x;
  return is_inside ? y : outside;
}
// #endregion log

// #region pieces
/// The polynomial of the piece that t is in, c0 + u q(u), as its parts; NaN gives NaN.
struct OnPieces {
  float c0, q, u;

  __device__ __forceinline__ float Sum() const { return std::fma(q, u, c0); }
  /// What rounding takes from the sum.
  __device__ __forceinline__ float Lost(float sum) const { return std::fma(q, u, c0 - sum); }
};

/// `at` says where to look for the piece, t itself unless that lies beyond the last one. The table
/// is in device memory.
template <int size>
__device__ __forceinline__ OnPieces Evaluate(const Pieces<size>& f, float t, float at) {
  const int piece = std::bit_cast<int32_t>(at + f.start) >> Pieces<size>::kShift & 15;
  const float u = t - f.origin[piece];
  float q = f.c[size - 1][piece];
  for (int k = size - 2; k > 0; --k) q = std::fma(q, u, f.c[k][piece]);
  return {f.c[0][piece], q, u};
}
// #endregion pieces

}  // namespace prova::cuda::math

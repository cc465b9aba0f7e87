#pragma once

#include <cmath>

#include "ops/common/math_cuda.h"

namespace prova::cuda {

/// The exact gelu of one element, for kernels that end with it.

// #region tail
/// c e^(-t^2/2) for t up to `kTailEnd`: (c + lost) (1 + p) 2^n, where `lost` is what rounding took
/// from c.
template <typename T>
__device__ T TimesDensity(T t, T c, T lost) {
  using C = math::Constants<T>;
  // An error of one epsilon in the exponent would be t^2/2 of them here, so the square is not
  // rounded.
  const T half = t * T(-0.5);
  T shifted;
  const T n = math::RoundToMultiple(half * t, shifted);
  const T r = std::fma(-n, T(C::kLn2Low), std::fma(half, t, -(n * T(C::kLn2High))));
  return math::TimesPower(c + std::fma(math::ExpLessOne(r), c, lost), shifted);
}

/// The normal distribution beyond t >= 0 is e^(-t^2/2) TailRatio(t), to full relative accuracy.
template <typename T>
__device__ T TailRatio(T t) {
  using C = math::Constants<T>;
  const T inverse = 1 / (t + C::kTailCentre);
  const T w = std::fma(-inverse, T(2 * C::kTailCentre), T(1));
  return inverse * math::Polynomial<math::Constants<T>::kTail>(w);
}

/// t times that: -gelu(-t).
inline __device__ double TimesTail(double t) {
  using C = math::Constants<double>;
  const double share = t / (t + C::kTailCentre);
  const double w = std::fma(share, 2.0, -1.0);
  return TimesDensity(t, share * math::Polynomial<math::Constants<double>::kTail>(w), 0.0);
}

__device__ const Pieces<6> kGeluTail = kTailPieces;

/// In float by pieces, the last of which serves beyond its end.
inline __device__ float TimesTail(float t) {
  const float at = t > kTailLastPiece ? kTailLastPiece : t;
  const math::OnPieces product = math::Evaluate(kGeluTail, t, at);
  const float c = product.Sum();
  return TimesDensity(t, c, product.Lost(c));
}

/// |x|, no higher than where nothing is left of the tail; NaN stays.
template <typename T>
__device__ T DistanceInTail(T x) {
  constexpr T kEnd = math::Constants<T>::kTailEnd;
  const T t = std::abs(x);
  return t > kEnd ? kEnd : t;
}
// #endregion tail

// #region cuda
/// gelu(x) = x + gelu(-x) gives the right from the left, whose tail is never 1 - (almost 1). The
/// sign is that of x, also of zeros.
template <typename T>
__device__ T ExactGelu(T x) {
  const T left = TimesTail(DistanceInTail(x));
  return std::copysign((x > 0 ? x : T(0)) - left, x);
}
// #endregion cuda

}  // namespace prova::cuda

#include <cmath>
#include <numbers>
#include <type_traits>

#include "ops/common/math_cuda.h"
#include "ops/common/pointwise_cuda.h"
#include "ops/gelu/gelu_kernels.h"

namespace prova::cuda {
namespace {

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
__device__ double TimesTail(double t) {
  using C = math::Constants<double>;
  const double share = t / (t + C::kTailCentre);
  const double w = std::fma(share, 2.0, -1.0);
  return TimesDensity(t, share * math::Polynomial<math::Constants<double>::kTail>(w), 0.0);
}

__device__ const Pieces<6> kTail = kTailPieces;

/// In float by pieces, whose last one ends at `kTailPlain` and serves beyond it.
__device__ float TimesTail(float t) {
  constexpr float kLastPiece = math::Constants<float>::kTailPlain;
  const math::OnPieces product = math::Evaluate(kTail, t, t > kLastPiece ? kLastPiece : t);
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

/// gelu'(-t) = Phi(-t) - t phi(t) on the left; gelu'(x) + gelu'(-x) = 1.
template <typename T>
__device__ T ExactSlope(T x) {
  constexpr T kScale = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
  const T t = DistanceInTail(x);
  const T left = TimesDensity(t, std::fma(-t, kScale, TailRatio(t)), T(0));
  return x < 0 ? left : 1 - left;
}
// #endregion cuda

// #region cuda_tanh
/// 2u = 2 sqrt(2/pi) (x + 0.044715 x^3).
constexpr double kTwice = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
constexpr double kCube = 0.044715;

template <typename T>
__device__ T TwiceArgument(T x) {
  return x * T(kTwice) * std::fma(x * x, T(kCube), T(1));
}

template <typename T>
__device__ T TanhGelu(T x) {
  // (1 + tanh(u)) / 2 is 1 / (1 + e^-2u) or e^2u / (1 + e^2u): the form whose power is at most 1
  // neither cancels nor overflows. Below -40 it is 0, which must not meet -inf.
  const T inside = x < -40 ? T(-40) : x;
  const T e = math::Exp(-std::abs(TwiceArgument(inside)));
  return (x < 0 ? inside * e : x) / (1 + e);
}

template <typename T>
__device__ T TanhSlope(T x) {
  // On the left, with e = e^2u <= 1: gate = e / (1 + e), slope = gate + x u' 2 gate / (1 + e).
  const T size = std::abs(x), t = size > 40 ? T(-40) : -size;
  const T e = math::Exp(TwiceArgument(t)), r = 1 / (1 + e), gate = e * r;
  const T twice_slope = T(kTwice) * std::fma(t * t, T(3 * kCube), T(1));
  const T share = std::fma(t * twice_slope, r, T(1));
  return x < 0 ? gate * share : std::fma(-gate, share, T(1));
}
// #endregion cuda_tanh

}  // namespace

void Gelu(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return ExactGelu(x); });
}
void GeluTanh(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return TanhGelu(x); });
}
void GeluBackward(const BinaryArgs& args) {
  MapFloats(args, [] __device__(auto dy, auto x) { return dy * ExactSlope(x); });
}
void GeluTanhBackward(const BinaryArgs& args) {
  MapFloats(args, [] __device__(auto dy, auto x) { return dy * TanhSlope(x); });
}

}  // namespace prova::cuda

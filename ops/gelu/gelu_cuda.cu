#include <cmath>
#include <numbers>

#include "ops/common/pointwise_cuda.h"
#include "ops/gelu/gelu_cuda.h"
#include "ops/gelu/gelu_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda_slope
/// gelu'(-t) = Phi(-t) - t phi(t) on the left; gelu'(x) + gelu'(-x) = 1.
template <typename T>
__device__ T ExactSlope(T x) {
  constexpr T kScale = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
  const T t = DistanceInTail(x);
  const T left = TimesDensity(t, std::fma(-t, kScale, TailRatio(t)), T(0));
  return x < 0 ? left : 1 - left;
}
// #endregion cuda_slope

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

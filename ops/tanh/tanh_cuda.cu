#include <cmath>

#include "ops/common/math_cuda.h"
#include "ops/common/pointwise_cuda.h"
#include "ops/tanh/tanh_kernels.h"

namespace prova::cuda {
namespace {

// #region tanh
__device__ const Pieces<6> kTanh = kTanhPieces;

/// The piece of t = |x|, with the sign of x.
__device__ float TanhOf(float x) {
  // From 9.2 on it rounds to 1; NaN is not above.
  const float t = std::abs(x), inside = t > 9.2f ? 9.2f : t;
  return std::copysign(math::Evaluate(kTanh, inside, inside).Sum(), x);
}

/// (e^2t - 1) / (e^2t + 1), t = |x|.
__device__ double TanhOf(double x) {
  using C = math::Constants<double>;
  // From 20 on the quotient rounds to 1; NaN is not above.
  const double size = std::abs(x), t = size > 20 ? 20 : size;
  double shifted;
  const double q = math::RoundToMultiple(2 * t, shifted);
  const double high = std::fma(-q, C::kLn2High, 2 * t), low = q * C::kLn2Low;
  const double r = std::fma(-q, C::kLn2Low, high);

  // h = (e^2t - 1) / 2 = (2^n - 1) / 2 + 2^n / 2 (high + bend): no cancellation, as n >= 0, and
  // `high` is exact.
  const double bend = std::fma(r * r, math::Polynomial<math::Constants<double>::kExp>(r), -low);
  const double power = 0.5 * math::PowerOfTwo<double>(math::IntegerIn(shifted));
  const double h = std::fma(power, bend, std::fma(power, high, power - 0.5));

  // y = h / (h + 1) = h - h y; where h is small the second form forgives the quotient's rounding.
  const double quotient = h / (h + 1);
  return std::copysign(t < 0.17 ? std::fma(-h, quotient, h) : quotient, x);
}
// #endregion tanh

}  // namespace

// #region cuda
void Tanh(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return TanhOf(x); });
}

void TanhBackward(const BinaryArgs& args) {
  MapFloats(args, [] __device__(auto dy, auto y) { return dy * ((1 - y) * (1 + y)); });
}
// #endregion cuda

}  // namespace prova::cuda

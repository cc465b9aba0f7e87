// Vector exp, log, tanh and the normal tail for every float and double; NaN gives NaN. Included
// once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_MATH_INL_H_
#undef PROVA_OPS_COMMON_MATH_INL_H_
#else
#define PROVA_OPS_COMMON_MATH_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE::math {
namespace hn = hwy::HWY_NAMESPACE;

/// Coefficients are Chebyshev interpolants computed with 50 digits; `kMagic` is 1.5 times the
/// number from which the dtype holds only integers. High parts of ln 2 end in zeros, so that their
/// product with an exponent is exact, also without FMA.
template <typename T>
struct Constants;

template <>
struct Constants<float> {
  static constexpr float kMagic = 0x1.8p23f;
  static constexpr int kMantissa = 23, kBias = 127;
  static constexpr float kLn2High = 0.693145751953125f, kLn2Low = 1.42860682e-6f;
  // Below and above, exp rounds to 0 and to infinity.
  static constexpr float kExpLowest = -104.5f, kExpHighest = 89.0f;
  // (e^r - 1 - r) / r^2 for |r| <= ln(2)/2; within 1.5e-9.
  static constexpr float kExp[] = {0.5000000014f,   0.1666666668f,   0.0416664642f,
                                   0.008333310845f, 0.001393373072f, 0.0001989108046f};
  // (log((1+s)/(1-s)) - 2s) / s^3 in z = s^2 for z <= 0.0298; within 1.3e-9.
  static constexpr float kLog[] = {0.6666666655f, 0.4000012559f, 0.2855039696f, 0.2334194339f};
  // (1+t) e^(t^2/2) (1-Phi(t)) in w = (t-4)/(t+4) for t >= 0; within 4.5e-9.
  static constexpr float kTail[] = {0.4720532025f,    -0.09670347619f,   0.01399992119f,
                                    0.02860028233f,   -0.03220122241f,   0.01793706101f,
                                    -0.004987548936f, -0.0002898238614f, 0.0006648009035f,
                                    -8.599175619e-5f, -5.801647096e-5f,  1.308965502e-5f};
  // The upper bits of t whose square is exact.
  static constexpr uint32_t kUpper = 0xFFFFF000u;
};

template <>
struct Constants<double> {
  static constexpr double kMagic = 0x1.8p52;
  static constexpr int kMantissa = 52, kBias = 1023;
  static constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kExpLowest = -746.0, kExpHighest = 710.0;
  // As above; within 1.5e-18, 2.3e-18 and 1.4e-18.
  static constexpr double kExp[] = {0.5,
                                    0.16666666666666671,
                                    0.0416666666666666698,
                                    0.00833333333332608312,
                                    0.00138888888888837112,
                                    0.000198412698750022788,
                                    0.0000248015873256774619,
                                    2.75572551700008874e-6,
                                    2.75572734787185805e-7,
                                    2.51053127296221018e-8,
                                    2.09147553258932022e-9};
  static constexpr double kLog[] = {
      0.666666666666666664, 0.400000000000009413, 0.285714285707644501, 0.222222224005477573,
      0.181817947008977996, 0.15386290534658992,  0.132674185964748834, 0.131007213835034914};
  static constexpr double kTail[] = {
      0.472053206509844684,      -0.0967034773265257583,    0.0139996347244242963,
      0.0286003640535452884,     -0.0321978374280203108,    0.0179360974798602016,
      -0.00500237859254315321,   -0.000285623100972964979,  0.000694897122209815356,
      -0.0000944302261494055928, -0.0000878533056551498366, 0.0000212498866474808638,
      0.0000136274013983056276,  -3.43156252051314163e-6,   -2.61442459009639495e-6,
      4.02788082473624614e-7,    5.54856749818035363e-7,    4.54056795883408523e-9,
      -1.14492130531071535e-7,   -2.36079966565546103e-8,   2.02732622465058558e-8,
      9.04212448136765144e-9,    -2.62395142948780098e-9,   -1.97347669582882422e-9,
      1.79717843878881856e-10,   2.07530449936728482e-10};
  static constexpr uint64_t kUpper = 0xFFFFFFFFF8000000u;
};

/// c[0] + c[1] x + … by Horner's rule.
template <class D, typename T, size_t size>
hn::Vec<D> Polynomial(D d, hn::Vec<D> x, const T (&c)[size]) {
  auto y = hn::Set(d, c[size - 1]);
  for (size_t i = size - 1; i-- > 0;) y = hn::MulAdd(y, x, hn::Set(d, c[i]));
  return y;
}

template <class D>
using Exponent = hn::Vec<hn::RebindToSigned<D>>;

/// 2^n for n in the range of normal numbers.
template <class D, typename C = Constants<hn::TFromD<D>>>
hn::Vec<D> PowerOfTwo(D d, Exponent<D> n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<C::kMantissa>(hn::Add(n, hn::Set(di, C::kBias))));
}

// #region exp
/// e^(x + rest) = 2^n (1 + p) with |p| < 0.42, for x within the limits of exp and a small rest.
template <class D, typename T = hn::TFromD<D>>
void SplitExp(D d, hn::Vec<D> x, hn::Vec<D> rest, hn::Vec<D>& p, Exponent<D>& n) {
  using C = Constants<T>;
  const hn::RebindToSigned<D> di;
  const auto magic = hn::Set(d, C::kMagic);
  // Adding the magic number rounds to an integer and leaves it in the lowest bits.
  const auto shifted = hn::MulAdd(x, hn::Set(d, T(1.4426950408889634)), magic);
  const auto q = hn::Sub(shifted, magic);
  n = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, magic));
  auto r = hn::NegMulAdd(q, hn::Set(d, C::kLn2High), x);
  r = hn::Add(hn::NegMulAdd(q, hn::Set(d, C::kLn2Low), r), rest);
  p = hn::MulAdd(hn::Mul(r, r), Polynomial(d, r, C::kExp), r);
}

/// e^(x + rest); the rest, far below x, is what rounding took from x. The power of two is applied
/// in two halves: neither overflows, and a subnormal result is rounded once.
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> ExpOfSum(D d, hn::Vec<D> x, hn::Vec<D> rest) {
  using C = Constants<T>;
  const auto inside = hn::Min(hn::Max(x, hn::Set(d, C::kExpLowest)), hn::Set(d, C::kExpHighest));
  hn::Vec<D> p;
  Exponent<D> n;
  SplitExp(d, inside, rest, p, n);
  const auto half = hn::ShiftRight<1>(n);
  const auto y = hn::Mul(hn::Mul(hn::Add(p, hn::Set(d, T(1))), PowerOfTwo(d, half)),
                         PowerOfTwo(d, hn::Sub(n, half)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}
// #endregion exp

/// e^x.
template <class D>
hn::Vec<D> Exp(D d, hn::Vec<D> x) {
  return ExpOfSum(d, x, hn::Zero(d));
}

// #region log
/// The natural logarithm: -inf at 0, NaN below.
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> Log(D d, hn::Vec<D> x) {
  using C = Constants<T>;
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const hn::RebindToSigned<D> di;

  // x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); subnormal numbers are scaled up first.
  const auto small = hn::Lt(x, hn::Set(d, std::numeric_limits<T>::min()));
  const auto scaled = hn::IfThenElse(small, hn::Mul(x, PowerOfTwo(d, hn::Set(di, 64))), x);
  const auto bits = hn::BitCast(di, scaled);
  const auto low = hn::BitCast(di, hn::Set(d, T(0.70710678118654752)));
  const auto exponent = hn::ShiftRight<C::kMantissa>(hn::Sub(bits, low));
  const auto one = hn::Set(d, T(1)), magic = hn::Set(d, C::kMagic);
  const auto f = hn::Sub(hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<C::kMantissa>(exponent))), one);
  auto e = hn::Sub(hn::BitCast(d, hn::Add(exponent, hn::BitCast(di, magic))), magic);
  e = hn::Sub(e, hn::IfThenElseZero(small, hn::Set(d, T(64))));

  // log(1+f) = f - (f^2/2 - s (f^2/2 + R)) with s = f/(2+f), R = s^2 P(s^2).
  const auto s = hn::Div(f, hn::Add(f, hn::Set(d, T(2))));
  const auto z = hn::Mul(s, s);
  const auto h = hn::Mul(hn::Mul(f, f), hn::Set(d, T(0.5)));
  const auto r = hn::MulAdd(z, Polynomial(d, z, C::kLog), h);
  const auto rest = hn::MulAdd(s, r, hn::Mul(e, hn::Set(d, C::kLn2Low)));
  auto y = hn::MulSub(e, hn::Set(d, C::kLn2High), hn::Sub(hn::Sub(h, rest), f));

  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Set(d, -kInfinity), y);
  y = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, std::numeric_limits<T>::quiet_NaN()), y);
  // +inf and NaN are their own logarithms.
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, kInfinity)), y, x);
}
// #endregion log

// #region tanh
/// The hyperbolic tangent, (e^2t - 1) / (e^2t + 1) for t = |x|, with the sign of x.
template <class D, typename T = hn::TFromD<D>>
hn::Vec<D> Tanh(D d, hn::Vec<D> x) {
  // From 20 on the quotient rounds to 1.
  const auto t = hn::Min(hn::Abs(x), hn::Set(d, T(20)));
  hn::Vec<D> p;
  Exponent<D> n;
  SplitExp(d, hn::Add(t, t), hn::Zero(d), p, n);
  // e^2t - 1 = 2^n p + (2^n - 1): no cancellation, as n >= 0.
  const auto power = PowerOfTwo(d, n);
  const auto m = hn::MulAdd(power, p, hn::Sub(power, hn::Set(d, T(1))));
  const auto y = hn::Div(m, hn::Add(m, hn::Set(d, T(2))));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(y, x));
}
// #endregion tanh

// #region tail
/// Of the standard normal distribution at t >= 0: `density` e^(-t^2/2) and `ratio`
/// (1 - Phi(t)) / density, so that the tail is their product, to full relative accuracy.
/// After M. Shepherd and J. Laframboise, "Chebyshev Approximation of (1+2x) exp(x^2) erfc x", 1981.
template <class D, typename T = hn::TFromD<D>>
void NormalTail(D d, hn::Vec<D> t, hn::Vec<D>& density, hn::Vec<D>& ratio) {
  using C = Constants<T>;
  // Further out the density is 0 in either dtype.
  t = hn::Min(t, hn::Set(d, T(40)));
  // t^2/2 in two parts: an error of one epsilon in the exponent is t^2/2 epsilons in the result.
  const hn::RebindToUnsigned<D> du;
  const auto upper = hn::BitCast(d, hn::And(hn::BitCast(du, t), hn::Set(du, C::kUpper)));
  const auto half = hn::Set(d, T(-0.5));
  const auto rest = hn::Mul(hn::Mul(hn::Sub(t, upper), hn::Add(t, upper)), half);
  density = ExpOfSum(d, hn::Mul(hn::Mul(upper, upper), half), rest);
  const auto four = hn::Set(d, T(4));
  const auto w = hn::Div(hn::Sub(t, four), hn::Add(t, four));
  ratio = hn::Div(Polynomial(d, w, C::kTail), hn::Add(t, hn::Set(d, T(1))));
}
// #endregion tail

}  // namespace prova::HWY_NAMESPACE::math
HWY_AFTER_NAMESPACE();

#endif  // per target

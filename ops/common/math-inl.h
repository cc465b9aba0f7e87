// Vector exp, log, tanh and the normal tail for every float and double; NaN gives NaN. Included
// once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_MATH_INL_H_
#undef PROVA_OPS_COMMON_MATH_INL_H_
#else
#define PROVA_OPS_COMMON_MATH_INL_H_
#endif

#include <limits>
#include <type_traits>

#include "hwy/highway.h"

#include "ops/common/math_constants.h"
#include "ops/common/pieces.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE::math {
namespace hn = hwy::HWY_NAMESPACE;

using prova::math::Constants;

/// c[0] + c[1] x + … by Horner's rule.
template <class D, typename T, size_t size>
HWY_INLINE hn::Vec<D> Polynomial(D d, hn::Vec<D> x, const T (&c)[size]) {
  auto y = hn::Set(d, c[size - 1]);
  for (size_t i = size - 1; i-- > 0;) y = hn::MulAdd(y, x, hn::Set(d, c[i]));
  return y;
}

/// The same, two coefficients at a time: half as many steps wait for the one before.
template <size_t k = 0, class D, typename T, size_t size>
HWY_INLINE hn::Vec<D> Polynomial(D d, hn::Vec<D> x, hn::Vec<D> square, const T (&c)[size]) {
  if constexpr (k + 1 == size) {
    return hn::Set(d, c[k]);
  } else {
    const auto pair = hn::MulAdd(hn::Set(d, c[k + 1]), x, hn::Set(d, c[k]));
    if constexpr (k + 2 == size) {
      return pair;
    } else {
      return hn::MulAdd(Polynomial<k + 2>(d, x, square, c), square, pair);
    }
  }
}

/// Floats in vectors of 8: one permutation looks up in a table of 8, but not of 16.
template <class D>
inline constexpr bool kEightLanes =
    hn::MaxLanes(D()) == 8 && HWY_NATIVE_FMA == 1 && std::is_same_v<hn::TFromD<D>, float>;

template <class D>
using Exponent = hn::Vec<hn::RebindToSigned<D>>;

/// 2^n for n in the range of normal numbers.
template <class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> PowerOfTwo(D d, Exponent<D> n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<C::kMantissa>(hn::Add(n, hn::Set(di, C::kBias))));
}

// #region look_up
/// row[number] in each lane; the number stands in the lowest bits that `shift` leaves.
template <int shift, class D, int size>
HWY_INLINE hn::Vec<D> LookUp(D d, const float (&row)[size], hn::Vec<hn::RebindToSigned<D>> bits) {
  const hn::RebindToSigned<D> di;
  const auto number = hn::And(hn::ShiftRight<shift>(bits), hn::Set(di, size - 1));
  if constexpr (hn::MaxLanes(D()) == size) {
    return hn::TableLookupLanes(hn::Load(d, row), hn::IndicesFromVec(d, number));
  } else {
    return hn::GatherIndex(d, row, number);
  }
}
// #endregion look_up

// #region exp
/// x / ln 2, counted in parts of 2^-fraction, rounded to an integer: as a number, and `shifted`, in
/// whose lowest bits it stands since adding the magic number rounds.
template <int fraction = 0, class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> RoundToMultiple(D d, hn::Vec<D> x, hn::Vec<D>& shifted) {
  const auto magic = hn::Set(d, Constants<T>::kMagic);
  shifted = hn::MulAdd(x, hn::Set(d, T((1 << fraction) * 1.4426950408889634)), magic);
  return hn::Sub(shifted, magic);
}

/// x / ln 2 in the same parts rounded to n, and 2^n, a normal number: with the bias added to the
/// magic number, shifting is enough.
template <int fraction = 0, class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> NearestPower(D d, hn::Vec<D> x, hn::Vec<D>& n) {
  const hn::RebindToSigned<D> di;
  const auto magic = hn::Set(d, C::kMagic + C::kBias);
  const auto parts = hn::Set(d, (1 << fraction) * 1.4426950408889634);
  const auto shifted = hn::MulAdd(x, parts, magic);
  n = hn::Sub(shifted, magic);
  return hn::BitCast(d, hn::ShiftLeft<C::kMantissa>(hn::BitCast(di, shifted)));
}

/// y 2^n, n the whole parts of `shifted`, where both are normal numbers: the bits of the magic
/// number leave at the top.
template <int fraction = 0, class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> TimesNormalPower(D d, hn::Vec<D> y, hn::Vec<D> shifted) {
  const hn::RebindToSigned<D> di;
  const auto n = hn::ShiftRight<fraction>(hn::BitCast(di, shifted));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, y), hn::ShiftLeft<C::kMantissa>(n)));
}

/// y 2^n in two halves: neither overflows, and a subnormal result is rounded once.
template <int fraction = 0, class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> TimesPower(D d, hn::Vec<D> y, hn::Vec<D> shifted) {
  const hn::RebindToSigned<D> di;
  const auto parts = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, hn::Set(d, C::kMagic)));
  const auto n = hn::ShiftRight<fraction>(parts), half = hn::ShiftRight<1>(n);
  return hn::Mul(hn::Mul(y, PowerOfTwo(d, half)), PowerOfTwo(d, hn::Sub(n, half)));
}

/// e^r - 1 for |r| <= ln(2)/2.
template <class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> ExpLessOne(D d, hn::Vec<D> r) {
  const auto square = hn::Mul(r, r);
  if constexpr (kEightLanes<D>) {
    return hn::MulAdd(square, Polynomial(d, r, square, C::kShortExp), r);
  } else {
    return hn::MulAdd(square, Polynomial(d, r, C::kExp), r);
  }
}

/// p of e^x = 2^q (1 + p): the upper part of r is exact and enters p with one rounding.
template <class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> PreciseExpLessOne(D d, hn::Vec<D> x, hn::Vec<D> q) {
  const auto high = hn::NegMulAdd(q, hn::Set(d, C::kLn2High), x);
  const auto low = hn::Mul(q, hn::Set(d, C::kLn2Low)), r = hn::Sub(high, low);
  const auto square = hn::Mul(r, r);
  return hn::Add(high, hn::MulSub(square, Polynomial(d, r, square, C::kShortExp), low));
}

/// exp divides powers of two in 2^fraction parts.
template <class D>
inline constexpr int kExpFraction = kEightLanes<D> ? 0 : Constants<hn::TFromD<D>>::kExpFraction;

/// y of e^x = y 2^n, for x within the limits of exp: y = 1 + p with |p| < 0.42 or, with a fraction,
/// y = c 2^(j/16) (1 + p) with |p| < 0.029 and j the last four bits of `shifted`.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> SplitExp(D d, hn::Vec<D> x, hn::Vec<D>& shifted) {
  using C = Constants<T>;
  const auto q = RoundToMultiple<kExpFraction<D>>(d, x, shifted);
  if constexpr (kEightLanes<D>) {
    return hn::Add(PreciseExpLessOne(d, x, q), hn::Set(d, T(1)));
  } else if constexpr (std::is_same_v<T, float>) {
    const auto high = hn::NegMulAdd(q, hn::Set(d, C::kRootHigh), x);
    const auto r = hn::NegMulAdd(q, hn::Set(d, C::kRootLow), high);
    const auto p = Polynomial(d, r, C::kExpOfRoot);
    const auto root = LookUp<0>(d, C::kRoots, hn::BitCast(hn::RebindToSigned<D>(), shifted));
    return hn::MulAdd(p, root, root);
  } else {
    const auto high = hn::NegMulAdd(q, hn::Set(d, C::kLn2High), x);
    const auto p = ExpLessOne(d, hn::NegMulAdd(q, hn::Set(d, C::kLn2Low), high));
    return hn::Add(p, hn::Set(d, T(1)));
  }
}

/// e^x for any x. Out of line: a loop that never calls it keeps its constants in registers.
template <class D, typename C = Constants<hn::TFromD<D>>>
HWY_NOINLINE hn::Vec<D> ExpAnywhere(D d, hn::Vec<D> x) {
  const auto inside = hn::Min(hn::Max(x, hn::Set(d, C::kExpLowest)), hn::Set(d, C::kExpHighest));
  hn::Vec<D> shifted;
  const auto y = SplitExp(d, inside, shifted);
  return hn::IfThenElse(hn::IsNaN(x), x, TimesPower<kExpFraction<D>>(d, y, shifted));
}

/// e^x.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Exp(D d, hn::Vec<D> x) {
  using C = Constants<T>;
  const auto plain = hn::Lt(hn::Abs(x), hn::Set(d, C::kExpPlain));
  if (HWY_UNLIKELY(!hn::AllTrue(d, plain))) return ExpAnywhere(d, x);
  if constexpr (kEightLanes<D>) {
    hn::Vec<D> n;
    const auto power = NearestPower(d, x, n);
    return hn::MulAdd(power, PreciseExpLessOne(d, x, n), power);
  } else {
    hn::Vec<D> shifted;
    const auto y = SplitExp(d, x, shifted);
    return TimesNormalPower<kExpFraction<D>>(d, y, shifted);
  }
}
// #endregion exp

// #region log
/// The natural logarithm: -inf at 0, NaN below.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Log(D d, hn::Vec<D> x) {
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

// #region pieces
/// The polynomial of the piece that each t is in, c0 + u q(u), as its parts; NaN gives NaN.
template <class D>
struct OnPieces {
  hn::Vec<D> c0, q, u;

  hn::Vec<D> Sum() const { return hn::MulAdd(q, u, c0); }
  /// What rounding takes from the sum.
  hn::Vec<D> Lost(hn::Vec<D> sum) const { return hn::MulAdd(q, u, hn::Sub(c0, sum)); }
};

/// `at` says where to look for the piece, t itself unless that lies beyond the last one.
template <class D, int size, int pieces>
HWY_INLINE OnPieces<D> Evaluate(D d, const Pieces<size, pieces>& f, hn::Vec<D> t, hn::Vec<D> at) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, hn::Add(at, hn::Set(d, f.start)));
  constexpr int kShift = Pieces<size, pieces>::kShift;
  const auto u = hn::Sub(t, LookUp<kShift>(d, f.origin, bits));
  auto q = LookUp<kShift>(d, f.c[size - 1], bits);
  HWY_UNROLL(8)
  for (int k = size - 2; k > 0; --k) q = hn::MulAdd(q, u, LookUp<kShift>(d, f.c[k], bits));
  return {LookUp<kShift>(d, f.c[0], bits), q, u};
}
// #endregion pieces

// #region tanh
/// The hyperbolic tangent of floats: the piece of t = |x|, with the sign of x.
template <class D>
HWY_INLINE hn::Vec<D> TanhByPieces(D d, hn::Vec<D> x) {
  // From 9.2 on it rounds to 1; NaN is not above.
  const auto t = hn::Abs(x), end = hn::Set(d, 9.2f);
  const auto inside = hn::IfThenElse(hn::Gt(t, end), end, t);
  return hn::CopySign(Evaluate(d, kTanhPieces, inside, inside).Sum(), x);
}

/// The same as (e^2t - 1) / (e^2t + 1).
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> TanhByExp(D d, hn::Vec<D> x) {
  using C = Constants<T>;
  const auto one = hn::Set(d, T(1));
  // From 20 on the quotient rounds to 1.
  const auto t = hn::Min(hn::Abs(x), hn::Set(d, T(20)));
  const auto twice = hn::Add(t, t);
  hn::Vec<D> shifted;
  const auto q = RoundToMultiple(d, twice, shifted);
  const auto high = hn::NegMulAdd(q, hn::Set(d, C::kLn2High), twice);
  const auto low = hn::Mul(q, hn::Set(d, C::kLn2Low));
  const auto r = hn::Sub(high, low);

  // h = (e^2t - 1) / 2 = (2^n - 1) / 2 + 2^n / 2 (high + bend): no cancellation, as n >= 0, and
  // `high` is exact.
  const auto bend = hn::MulSub(hn::Mul(r, r), Polynomial(d, r, C::kExp), low);
  const auto half = hn::Set(d, T(0.5)), power = TimesNormalPower(d, half, shifted);
  const auto h = hn::MulAdd(power, bend, hn::MulAdd(power, high, hn::Sub(power, half)));

  // y = h / (h + 1) = h - h y; where h is small the second form forgives the quotient's rounding.
  const auto quotient = hn::Div(h, hn::Add(h, one));
  const auto small = hn::Lt(t, hn::Set(d, T(0.17)));
  const auto y = hn::IfThenElse(small, hn::NegMulAdd(h, quotient, h), quotient);
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(y, x));
}

/// The same for floats, y = b - b (b / (h + 1)) with b = min(h, 1): at most half of the quotient's
/// roundings is left.
template <class D, typename C = Constants<float>>
HWY_INLINE hn::Vec<D> ShortTanhByExp(D d, hn::Vec<D> x) {
  const auto half = hn::Set(d, 0.5f), one = hn::Set(d, 1);
  // From 9.2 on it rounds to 1; of a number and NaN the minimum is the second operand.
  const auto t = hn::Min(hn::Set(d, 9.2f), hn::Abs(x));
  hn::Vec<D> n;
  const auto power = NearestPower<1>(d, t, n);
  const auto r = hn::NegMulAdd(n, hn::Set(d, C::kHalfLn2), t), square = hn::Mul(r, r);
  const auto p = hn::MulAdd(square, Polynomial(d, r, square, C::kTanh), r);
  const auto h = hn::MulAdd(power, p, hn::MulSub(power, half, half));
  const auto b = hn::Min(h, one);
  return hn::CopySignToAbs(hn::NegMulAdd(b, hn::Div(b, hn::Add(h, one)), b), x);
}

template <class D>
HWY_INLINE hn::Vec<D> Tanh(D d, hn::Vec<D> x) {
  if constexpr (kEightLanes<D>) {
    return ShortTanhByExp(d, x);
  } else if constexpr (std::is_same_v<hn::TFromD<D>, float>) {
    return TanhByPieces(d, x);
  } else {
    return TanhByExp(d, x);
  }
}
// #endregion tanh

// #region tail
/// The functions of the tail are given times 2^64, in double 2^256, so that they are normal numbers
/// as far as it reaches; who multiplies by `kTailUnit` in the end rounds subnormal results once.

/// The normal distribution beyond t >= 0 is e^(-t^2/2) TailRatio(t), to full relative accuracy;
/// t TailRatio(t) has one rounding less where it is wanted.
/// After M. Shepherd and J. Laframboise, "Chebyshev Approximation of (1+2x) exp(x^2) erfc x", 1981.
template <class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> TailRatio(D d, hn::Vec<D> t) {
  const auto inverse =
      hn::Div(hn::Set(d, 1 / C::kTailUnit), hn::Add(t, hn::Set(d, C::kTailCentre)));
  const auto two_centres = hn::Set(d, 2 * C::kTailCentre * C::kTailUnit);
  const auto w = hn::NegMulAdd(inverse, two_centres, hn::Set(d, 1));
  return hn::Mul(inverse, Polynomial(d, w, hn::Mul(w, w), C::kTail));
}
template <class D, typename C = Constants<hn::TFromD<D>>>
HWY_INLINE hn::Vec<D> TimesTailRatio(D d, hn::Vec<D> t) {
  const auto share = hn::Div(t, hn::Add(t, hn::Set(d, C::kTailCentre)));
  const auto w = hn::MulSub(share, hn::Set(d, 2), hn::Set(d, 1));
  return hn::Mul(hn::Mul(share, hn::Set(d, 1 / C::kTailUnit)), Polynomial(d, w, C::kTail));
}

/// e^(-t^2/2) = (1 + p) 2^n. An error of one epsilon in the exponent would be t^2/2 epsilons here.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> SplitDensity(D d, hn::Vec<D> t, hn::Vec<D>& shifted) {
  using C = Constants<T>;
  const auto minus_half = hn::Set(d, T(-0.5));
#if HWY_NATIVE_FMA
  // The square is not rounded, nor is q ln 2.
  const auto half = hn::Mul(t, minus_half);
  const auto q = RoundToMultiple(d, hn::Mul(half, t), shifted);
  const auto high = hn::MulSub(half, t, hn::Mul(q, hn::Set(d, C::kLn2High)));
  return ExpLessOne(d, hn::NegMulAdd(q, hn::Set(d, C::kLn2Low), high));
#else
  // The square in two parts, the first of which is exact.
  const hn::RebindToUnsigned<D> du;
  const auto upper = hn::BitCast(d, hn::And(hn::BitCast(du, t), hn::Set(du, C::kUpper)));
  const auto rest = hn::Mul(hn::Mul(hn::Sub(t, upper), minus_half), hn::Add(t, upper));
  const auto x = hn::Mul(hn::Mul(upper, minus_half), upper);
  const auto q = RoundToMultiple(d, x, shifted);
  const auto high = hn::NegMulAdd(q, hn::Set(d, C::kLn2High), x);
  return ExpLessOne(d, hn::Add(hn::NegMulAdd(q, hn::Set(d, C::kLn2Low), high), rest));
#endif
}

/// c e^(-t^2/2) for t up to `kTailEnd`, rounded once more than c.
template <class D>
HWY_INLINE hn::Vec<D> TimesDensity(D d, hn::Vec<D> t, hn::Vec<D> c) {
  hn::Vec<D> shifted;
  const auto p = SplitDensity(d, t, shifted);
  return TimesNormalPower(d, hn::MulAdd(p, c, c), shifted);
}
/// (c + lost) e^(-t^2/2): as if c had not been rounded.
template <class D>
HWY_INLINE hn::Vec<D> TimesDensity(D d, hn::Vec<D> t, hn::Vec<D> c, hn::Vec<D> lost) {
  hn::Vec<D> shifted;
  const auto p = SplitDensity(d, t, shifted);
  return TimesNormalPower(d, hn::Add(c, hn::MulAdd(p, c, lost)), shifted);
}

/// The pieces of the tail, as many as one permutation tells apart.
template <class D>
alignas(64) inline constexpr auto kRaisedTail = [] {
  constexpr float kRaise = 1 / Constants<float>::kTailUnit;
  if constexpr (kEightLanes<D>) {
    return kTailEightPieces.Times(kRaise);
  } else {
    return kTailPieces.Times(kRaise);
  }
}();

/// t e^(-t^2/2) TailRatio(t), t as above: in float by pieces, the last one also beyond its end.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> TimesTail(D d, hn::Vec<D> t) {
  if constexpr (std::is_same_v<T, float>) {
    const auto at = hn::Min(t, hn::Set(d, kTailLastPiece));
    const auto product = Evaluate(d, kRaisedTail<D>, t, at);
    const auto c = product.Sum();
    return TimesDensity(d, t, c, product.Lost(c));
  } else {
    return TimesDensity(d, t, TimesTailRatio(d, t));
  }
}
// #endregion tail

}  // namespace prova::HWY_NAMESPACE::math
HWY_AFTER_NAMESPACE();

#endif  // per target

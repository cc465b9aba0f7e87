#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "ops/gelu/gelu_kernels.h"

namespace prova::reference {
namespace {

/// One size up, so that the arguments of erfc and exp are as good as exact.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;

/// Far below -40 both forms are 0; the limit keeps -inf from meeting 0.
template <typename T>
Wide<T> Widen(T x) {
  return x < -40 ? Wide<T>(-40) : Wide<T>(x);
}

// #region reference
template <typename W>
W Phi(W x) {
  // 1 + erf would cancel for x < 0; its complement does not.
  return std::erfc(-x / std::numbers::sqrt2_v<W>) / 2;
}

template <typename W>
W Density(W x) {
  return std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<W> / std::numbers::sqrt2_v<W>;
}
// #endregion reference

// #region reference_tanh
/// u = sqrt(2/pi) (x + 0.044715 x^3), and its derivative.
template <typename W>
W Argument(W x) {
  return std::numbers::sqrt2_v<W> * std::numbers::inv_sqrtpi_v<W> * (x + W(0.044715L) * x * x * x);
}
template <typename W>
W ArgumentSlope(W x) {
  return std::numbers::sqrt2_v<W> * std::numbers::inv_sqrtpi_v<W> * (1 + 3 * W(0.044715L) * x * x);
}

/// (1 + tanh(u)) / 2, without the cancellation for u < 0.
template <typename W>
W Gate(W u) {
  return 1 / (1 + std::exp(-2 * u));
}
// #endregion reference_tanh

}  // namespace

void Gelu(const UnaryArgs& args) {
  MapFloats(args, [](auto in) {
    const auto x = Widen(in);
    return static_cast<decltype(in)>(x * Phi(x));
  });
}

void GeluBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto dy, auto in) {
    const auto x = std::min(Widen(in), decltype(Widen(in))(40));
    return static_cast<decltype(in)>(dy * (Phi(x) + x * Density(x)));
  });
}

void GeluTanh(const UnaryArgs& args) {
  MapFloats(args, [](auto in) {
    const auto x = Widen(in);
    return static_cast<decltype(in)>(x * Gate(Argument(x)));
  });
}

void GeluTanhBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto dy, auto in) {
    const auto x = std::min(Widen(in), decltype(Widen(in))(40));
    const auto u = Argument(x);
    // (1 - tanh^2) / 2 = 2 gate(u) gate(-u).
    const auto slope = Gate(u) + 2 * x * Gate(u) * Gate(-u) * ArgumentSlope(x);
    return static_cast<decltype(in)>(dy * slope);
  });
}

}  // namespace prova::reference

#include "ops/gelu/gelu.h"

#include <cmath>
#include <numbers>

#include "gradcheck/testing.h"
#include "gradcheck/ulp_samples.h"
#include "ops/add/add.h"
#include "ops/neg/neg.h"
#include "ops/sub/sub.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;
constexpr GeluForm kForms[] = {GeluForm::kExact, GeluForm::kTanh};

Tensor Exact(const Tensor& x) { return gelu(x); }
Tensor TanhForm(const Tensor& x) { return gelu(x, GeluForm::kTanh); }
Tensor Slope(const Tensor& x, GeluForm form = GeluForm::kExact) {
  return gelu_backward(ones_like(x), x, form);
}

long double ExactOracle(long double x) {
  return x * std::erfc(-x / std::numbers::sqrt2_v<long double>) / 2;
}
long double TanhOracle(long double x) {
  const long double scale =
      std::numbers::sqrt2_v<long double> * std::numbers::inv_sqrtpi_v<long double>;
  return x / (1 + std::exp(-2 * scale * (x + 0.044715L * x * x * x)));
}

// Computed with 40 digits by mpmath: x, x Phi(x), Phi(x) + x phi(x).
constexpr double kExactTable[][3] = {
    {1, 0.8413447460685429485852, 1.083315470587686298383},
    {-1, -0.1586552539314570514148, -0.08331547058768629838306},
    {0.25, 0.1496765814207309310602, 0.6953733548836360259762},
    {3, 2.99595030590510971642, 1.011945647204183927},
    {-3, -0.004049694094890283579955, -0.01194564720418392700016},
    {-6, -5.919525870226188844205e-9, -3.546870945390201478128e-8},
    {-12.5, -4.665705373597141721532e-35, -5.831668554480155365688e-34},
    {-37, -2.118461352334093424393e-298, -7.83829866941851624253e-297}};
constexpr double kTanhTable[][3] = {{1, 0.84119199060827670478, 1.0829640838457825551},
                                    {-1, -0.15880800939172329522, -0.08296408384578255514},
                                    {2, 1.9545976940877750188, 1.0860992566236183816},
                                    {-4, -0.000070245948192372689818, -0.0003351231971226707584}};

template <size_t size>
void ExpectTable(const double (&table)[size][3], GeluForm form, DType dtype, double epsilons) {
  for (const auto& [x, value, slope] : table) {
    if (static_cast<float>(value) > -1e-37 && value < 0 && dtype == DType::kFloat32) continue;
    const Tensor in = tensor({x}, dtype);
    const double allowed = epsilons * Epsilon(dtype);
    EXPECT_NEAR(gelu(in, form).item(), value, allowed * std::abs(value)) << x;
    EXPECT_NEAR(Slope(in, form).item(), slope, allowed * std::abs(slope)) << x;
  }
}

TEST(Gelu, Examples) {
  EXPECT_TRUE(SameBits(gelu(tensor({0.0, 100.0, -100.0})), tensor({0.0, 100.0, -0.0})));
  // x Phi(x) with Phi(1) = 0.8413447.
  EXPECT_TRUE(Near(gelu(tensor({1.0, -1.0})), tensor({0.8413447, -0.1586553}), 1e-7));
}

TEST(Gelu, AgreesWithTheTables) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      ExpectTable(kExactTable, GeluForm::kExact, dtype, 5);
      ExpectTable(kTanhTable, GeluForm::kTanh, dtype, 37);
    }
  }
}

TEST(Gelu, IsWithinTwoUlpInFloatAndFiveInDouble) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
    const bool narrow = dtype == DType::kFloat32;
    const double end = narrow ? -13.1 : -37.5;
    EXPECT_TRUE(WithinUlps(Exact, SweepSamples(dtype, end, 10, ExactOracle, narrow ? 2 : 5)));
    EXPECT_TRUE(WithinUlps(Exact, SweepSamples(dtype, -2, 2, ExactOracle, narrow ? 2 : 5)));
    EXPECT_TRUE(WithinUlps(Exact, SweepSamples(dtype, -0.01, 0.01, ExactOracle, narrow ? 2 : 5)));
    EXPECT_TRUE(WithinUlps(TanhForm, SweepSamples(dtype, 0, 10, TanhOracle, 5)));
    // 4 + 6|u| with u(-3) = -3.36.
    EXPECT_TRUE(WithinUlps(TanhForm, SweepSamples(dtype, -3, 0, TanhOracle, 24)));
  }
}

TEST(Gelu, SplitsNumbersByTheirSign) {
  ForAll("gelu(x) - gelu(-x) = x, in both forms", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = -8, .high = 8});
    const GeluForm form = kForms[draw.integer(0, 1)];
    return Near(sub(gelu(x, form), gelu(neg(x), form)), x, 1e-15);
  });
}

TEST(Gelu, LiesBetweenItsBounds) {
  ForAll("-0.17 < gelu(x) <= max(x, 0)", [](Draw& draw) {
    const double x = draw.real(-12, 12);
    const double y = gelu(tensor({x}, DType::kFloat64)).item();
    // The least value, at x = -0.7517915247, is -0.1699712075.
    return y > -0.16997121 && y <= std::max(x, 0.0)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "gelu(" << x << ") is " << y;
  });
}

TEST(Gelu, HasFormsThatStayClose) {
  ForAll("the two forms differ by less than 4.8e-4", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = -6, .high = 6});
    return Near(sub(Exact(x), TanhForm(x)), zeros_like(x), 4.8e-4);
  });
}

TEST(Gelu, HasSlopesThatAddToOne) {
  ForAll("gelu'(x) + gelu'(-x) = 1, in both forms", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = -10, .high = 10});
    const GeluForm form = kForms[draw.integer(0, 1)];
    return Near(add(Slope(x, form), Slope(neg(x), form)), ones_like(x), 1e-15);
  });
}

TEST(GeluGradient, StaysInItsRange) {
  ForAll("the slope lies in [-0.128905, 1.128905]", [](Draw& draw) {
    const double x = draw.real(-12, 12);
    const double slope = Slope(tensor({x}, DType::kFloat64)).item();
    return slope >= -0.1289041452 && slope <= 1.1289041452
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "at " << x << ": " << slope;
  });
}

TEST(GeluGradient, HasItsExtremesAtTheRootOfTwo) {
  const double root = std::numbers::sqrt2;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor slopes = Slope(tensor({-root, root}, DType::kFloat64));
    EXPECT_TRUE(
        Near(slopes, tensor({-0.12890414518515479, 1.12890414518515479}, DType::kFloat64), 1e-15));
    // A step to either side of an extreme is smaller in size, by 2e-6 of itself.
    for (double step : {-0.003, 0.003}) {
      const Tensor beside = Slope(tensor({-root + step, root + step}, DType::kFloat64));
      EXPECT_GT(beside.to_vector<double>()[0], slopes.to_vector<double>()[0] + 1e-7);
      EXPECT_LT(beside.to_vector<double>()[1], slopes.to_vector<double>()[1] - 1e-7);
    }
  }
}

TEST(GeluGradient, KeepsSignAndDigitsFarLeft) {
  // 1 + erf(x / sqrt(2)) is 0 from x = -5.6 on in float32; the function is not.
  const Tensor x = tensor({-6.0, -12.5});
  const std::vector<double> y = gelu(x).to_vector<double>(), slope = Slope(x).to_vector<double>();
  EXPECT_NEAR(y[0] / -5.919525870226188844e-9, 1, 5e-7);
  EXPECT_NEAR(y[1] / -4.665705373597141722e-35, 1, 5e-7);
  EXPECT_NEAR(slope[0] / -3.546870945390201478e-8, 1, 5e-7);
}

TEST(Gelu, CoversTheWholeLine) {
  const double inf = kInf;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      const Tensor x = tensor({inf, -inf, 1e30, -1e30, 0.0, -0.0}, dtype);
      for (GeluForm form : kForms) {
        EXPECT_TRUE(SameBits(gelu(x, form), tensor({inf, -0.0, 1e30, -0.0, 0.0, -0.0}, dtype)));
        EXPECT_TRUE(Near(Slope(x, form), tensor({1.0, 0.0, 1.0, 0.0, 0.5, 0.5}, dtype), 0));
        for (int64_t n : {1, 35}) {
          const Tensor nan = full({n}, NAN, {.dtype = dtype});
          EXPECT_TRUE(Near(gelu(nan, form), nan, 0));
          EXPECT_TRUE(Near(Slope(nan, form), nan, 0));
          EXPECT_TRUE(Near(gelu_backward(nan, ones_like(nan), form), nan, 0));
        }
      }
    }
  }
}

}  // namespace
}  // namespace prova

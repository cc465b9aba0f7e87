#include "ops/log/log.h"

#include <cmath>

#include "gradcheck/testing.h"
#include "gradcheck/ulp_samples.h"
#include "ops/add/add.h"
#include "ops/exp/exp.h"
#include "ops/mul/mul.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;
constexpr TensorSpec kPositive = {.low = 0.01, .high = 100};

TEST(Log, Examples) {
  EXPECT_TRUE(SameBits(log(tensor({1.0})), tensor({0.0})));
  EXPECT_TRUE(Near(log(tensor({2.718281828459045, 0.5}, DType::kFloat64)),
                   tensor({1.0, -0.6931471805599453}, DType::kFloat64), 1e-15));
}

TEST(Log, TurnsProductsIntoSums) {
  ForAll("log(a b) = log(a) + log(b)", [](Draw& draw) {
    const Tensor a = draw.tensor(kPositive), b = draw.tensor(a.shape(), kPositive);
    return Near(log(mul(a, b)), add(log(a), log(b)), 1e-15);
  });
}

TEST(Log, UndoesExp) {
  ForAll("log(exp(x)) = x", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = -700, .high = 700});
    return Near(log(exp(x)), x, 1e-15);
  });
}

TEST(Log, CountsOctaves) {
  ForAll("log(2^k) = k log(2), to one rounding, subnormal powers too", [](Draw& draw) {
    const int64_t k = draw.integer(-1074, 1023);
    const double y = log(tensor({std::ldexp(1.0, static_cast<int>(k))}, DType::kFloat64)).item();
    const double expected = static_cast<double>(static_cast<long double>(k) * std::log(2.0L));
    return std::abs(y - expected) <= std::abs(expected) * 2.3e-16
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "k = " << k << ": " << y;
  });
}

TEST(Log, IsMonotone) {
  ForAll("a <= b gives log(a) <= log(b)", [](Draw& draw) {
    const double a = std::exp(draw.real(-80, 80)), b = a * (1 + draw.real(0, 1e-5));
    const std::vector<double> y =
        log(tensor({a, b}, draw.boolean() ? DType::kFloat32 : DType::kFloat64)).to_vector<double>();
    return y[0] <= y[1] ? testing::AssertionSuccess()
                        : testing::AssertionFailure() << y[0] << " and " << y[1];
  });
}

TEST(Log, HasReciprocalSlope) {
  ForAll("the gradient times x is the upstream gradient", [](Draw& draw) {
    const Tensor x = draw.tensor(kPositive), dy = draw.tensor(x.shape());
    return Near(mul(log_backward(dy, x), x), dy, 1e-15);
  });
}

TEST(Log, IsWithinOneUlp) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
    EXPECT_TRUE(WithinUlps(log, SweepSamples(dtype, 0, 4, std::log, 1)));
    EXPECT_TRUE(WithinUlps(log, SweepSamples(dtype, 0.99, 1.01, std::log, 1)));
    EXPECT_TRUE(WithinUlps(log, SweepSamples(dtype, 0, 3e38, std::log, 1)));
  }
  // Subnormal numbers.
  EXPECT_TRUE(WithinUlps(log, SweepSamples(DType::kFloat32, 0, 1e-38, std::log, 1)));
  EXPECT_TRUE(WithinUlps(log, SweepSamples(DType::kFloat64, 0, 1e-308, std::log, 1)));
}

TEST(Log, AgreesWithNumPysTable) {
  if (!UlpSamplesMissing().empty()) GTEST_SKIP() << UlpSamplesMissing();
  for (const UlpSamples& samples : ReadUlpSamples("log")) {
    EXPECT_GT(samples.x.size(), 50u);
    EXPECT_TRUE(WithinUlps(log, samples));
  }
}

TEST(Log, CoversTheWholeLine) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      EXPECT_TRUE(Near(log(tensor({0.0, -0.0, kInf, -1e-40, -1.0, -kInf, NAN}, dtype)),
                       tensor({-kInf, -kInf, kInf, NAN, NAN, NAN, NAN}, dtype), 0));
    }
  }
}

TEST(Log, HasIeeeGradientAtZero) {
  EXPECT_TRUE(SameBits(log_backward(tensor({1.0, -2.0}), zeros({2})), tensor({kInf, -kInf})));
}

}  // namespace
}  // namespace prova

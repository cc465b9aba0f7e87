#include "ops/tanh/tanh.h"

#include <cmath>

#include "autograd/tape.h"
#include "gradcheck/testing.h"
#include "gradcheck/ulp_samples.h"
#include "ops/add/add.h"
#include "ops/div/div.h"
#include "ops/exp/exp.h"
#include "ops/neg/neg.h"
#include "ops/sub/sub.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;

TEST(Tanh, Examples) {
  // (e^2x - 1) / (e^2x + 1) with e^2x = 3 and 1/3.
  const double half_log3 = std::log(3.0) / 2;
  EXPECT_TRUE(Near(tanh(tensor({half_log3, -half_log3, 0.0}, DType::kFloat64)),
                   tensor({0.5, -0.5, 0.0}, DType::kFloat64), 1e-15));
}

TEST(Tanh, IsOdd) {
  ForAll("tanh(-x) = -tanh(x), bit for bit", [](Draw& draw) {
    const Tensor x = draw.tensor({.dtype = draw.boolean() ? DType::kFloat32 : DType::kFloat64});
    return SameBits(tanh(neg(x)), neg(tanh(x)));
  });
}

TEST(Tanh, StaysWithinOne) {
  ForAll("|tanh(x)| <= 1 and <= |x|, to an ulp", [](Draw& draw) {
    const double x = draw.real(-30, 30) * std::pow(10.0, draw.real(-6, 0));
    const double y = tanh(tensor({x}, DType::kFloat64)).item();
    return std::abs(y) <= 1 && std::abs(y) <= std::abs(x) * (1 + 4.5e-16)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "tanh(" << x << ") is " << y;
  });
}

TEST(Tanh, IsMonotone) {
  ForAll("numbers 1e-4 apart keep their order", [](Draw& draw) {
    const double a = draw.real(-4, 4), b = a + 1e-4;
    const std::vector<double> y = tanh(tensor({a, b})).to_vector<double>();
    return y[0] < y[1] ? testing::AssertionSuccess()
                       : testing::AssertionFailure() << y[0] << " and " << y[1];
  });
}

TEST(Tanh, IsTheQuotientOfExponentials) {
  ForAll("tanh(x) = (e^x - e^-x) / (e^x + e^-x)", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const Tensor up = exp(x), down = exp(neg(x));
    return Near(tanh(x), (up - down) / (up + down), 1e-15);
  });
}

TEST(Tanh, HasItsLargestSlopeAtZero) {
  ForAll("0 <= dx <= dy, equal at y = 0 alone", [](Draw& draw) {
    const double y = draw.real(-1, 1);
    const double dx =
        tanh_backward(ones({1}, {.dtype = DType::kFloat64}), tensor({y}, DType::kFloat64)).item();
    return dx >= 0 && (y == 0 ? dx == 1 : dx <= 1)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "y = " << y << ": " << dx;
  });
}

TEST(Tanh, IsWithinTwoNumbersInFloatAndThreeInDouble) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
    // 1.97 ulp is at most 2 numbers from the rounded result, 2.5 ulp at most 3.
    const int numbers = dtype == DType::kFloat32 ? 2 : 3;
    EXPECT_TRUE(WithinUlps(tanh, SweepSamples(dtype, -10, 10, std::tanh, numbers)));
    EXPECT_TRUE(WithinUlps(tanh, SweepSamples(dtype, 0.1, 2, std::tanh, numbers)));
    EXPECT_TRUE(WithinUlps(tanh, SweepSamples(dtype, -1e-5, 1e-5, std::tanh, 2)));
  }
}

TEST(TanhGradient, KnownValues) {
  const Tensor y = tensor({0.0, 0.5, -0.5, 1.0});
  EXPECT_TRUE(SameBits(tanh_backward(full({4}, 2), y), tensor({2.0, 1.5, 1.5, 0.0})));
}

TEST(TanhGradient, KeepsItsDigitsNearSaturation) {
  // Here 1 - y * y is off by 8.6e-5 of itself: the square is rounded before the difference.
  const float y = 1 - 2896 * 0x1p-24f;
  const double exact = (1.0 - y) * (1.0 + y);
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_NEAR(tanh_backward(ones({1}), tensor({y})).item() / exact, 1, 1.2e-7);
  }
}

TEST(Tanh, CoversTheWholeLine) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      EXPECT_TRUE(SameBits(tanh(tensor({kInf, -kInf, 1e30, -1e30, 0.0, -0.0, 1e-40}, dtype)),
                           tensor({1.0, -1.0, 1.0, -1.0, 0.0, -0.0, 1e-40}, dtype)));
      for (int64_t n : {1, 35}) {
        EXPECT_TRUE(Near(tanh(full({n}, NAN, {.dtype = dtype})), full({n}, NAN), 0));
      }
    }
    EXPECT_TRUE(Near(tanh_backward(tensor({NAN, 1.0}), tensor({0.0, NAN})), full({2}, NAN), 0));
  }
}

}  // namespace
}  // namespace prova

#include "ops/sigmoid/sigmoid.h"

#include <cmath>

#include "autograd/tape.h"
#include "gradcheck/testing.h"
#include "gradcheck/ulp_samples.h"
#include "ops/add/add.h"
#include "ops/div/div.h"
#include "ops/exp/exp.h"
#include "ops/log/log.h"
#include "ops/neg/neg.h"
#include "ops/softmax/softmax.h"
#include "ops/sub/sub.h"
#include "ops/tanh/tanh.h"
#include "tensor/view.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;

long double Oracle(long double x) {
  const long double e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

// #region examples
TEST(Sigmoid, Examples) {
  // 1 / (1 + e^-x) with e^x = 1, 3 and 1/3.
  const double log3 = std::log(3.0);
  EXPECT_TRUE(Near(sigmoid(tensor({0.0, log3, -log3}, DType::kFloat64)),
                   tensor({0.5, 0.75, 0.25}, DType::kFloat64), 1e-15));
}
// #endregion examples

// #region property
TEST(Sigmoid, MirrorsAtOneHalf) {
  ForAll("sigmoid(x) + sigmoid(-x) = 1", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = -40, .high = 40});
    return Near(sigmoid(x) + sigmoid(neg(x)), ones_like(x), 1e-15);
  });
}
// #endregion property

TEST(Sigmoid, IsAProbability) {
  ForAll("0 < sigmoid(x) <= 1, and at most e^x", [](Draw& draw) {
    const double x = draw.real(-700, 700);
    const double y = sigmoid(tensor({x}, DType::kFloat64)).item();
    return y > 0 && y <= 1 && y <= std::exp(x) * (1 + 9e-16)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "sigmoid(" << x << ") is " << y;
  });
}

TEST(Sigmoid, IsMonotone) {
  ForAll("numbers 1e-4 apart keep their order", [](Draw& draw) {
    const double a = draw.real(-80, 6), b = a + 1e-4;
    const std::vector<double> y = sigmoid(tensor({a, b})).to_vector<double>();
    return y[0] < y[1] ? testing::AssertionSuccess()
                       : testing::AssertionFailure() << y[0] << " and " << y[1];
  });
}

TEST(Sigmoid, IsATanhOfTheHalf) {
  ForAll("sigmoid(x) = (1 + tanh(x / 2)) / 2", [](Draw& draw) {
    const Tensor x = draw.tensor();
    return Near(sigmoid(x), (1.0 + tanh(x / 2.0)) / 2.0, 1e-15);
  });
}

TEST(Sigmoid, IsASoftmaxOfTwo) {
  ForAll("softmax([x, 0]) = [sigmoid(x), sigmoid(-x)]", [](Draw& draw) {
    const double x = draw.real(-30, 30);
    return Near(softmax(tensor({x, 0.0}, DType::kFloat64)),
                sigmoid(tensor({x, -x}, DType::kFloat64)), 1e-15);
  });
}

TEST(Sigmoid, IsUndoneByTheLogit) {
  ForAll("log(sigmoid(x)) - log(sigmoid(-x)) = x", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = -300, .high = 300});
    return Near(log(sigmoid(x)) - log(sigmoid(neg(x))), x, 1e-15);
  });
}

// #region ulps
TEST(Sigmoid, IsWithinTwoNumbers) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
    // The kernels are off by 1.87 ulp, the reference by 2.4: from the rounded result, 2 numbers.
    const double low = dtype == DType::kFloat32 ? -87 : -700;
    EXPECT_TRUE(WithinUlps(sigmoid, SweepSamples(dtype, low, 40, Oracle, 2)));
    EXPECT_TRUE(WithinUlps(sigmoid, SweepSamples(dtype, -2, 2, Oracle, 2)));
    EXPECT_TRUE(WithinUlps(sigmoid, SweepSamples(dtype, -1e-5, 1e-5, Oracle, 1)));
  }
}
// #endregion ulps

TEST(SigmoidGradient, KnownValues) {
  const Tensor y = tensor({0.0, 0.25, 0.5, 0.75, 1.0});
  EXPECT_TRUE(SameBits(sigmoid_backward(full({5}, 2), y), tensor({0.0, 0.375, 0.5, 0.375, 0.0})));
}

TEST(SigmoidGradient, IsSteepestAtZero) {
  ForAll("0 <= dx <= dy / 4", [](Draw& draw) {
    const double y = draw.real(0, 1);
    const double dx =
        sigmoid_backward(ones({1}, {.dtype = DType::kFloat64}), tensor({y}, DType::kFloat64))
            .item();
    return dx >= 0 && dx <= 0.25 ? testing::AssertionSuccess()
                                 : testing::AssertionFailure() << "y = " << y << ": " << dx;
  });
}

// #region stable
TEST(Sigmoid, HoldsWhereTheFormulaOverflows) {
  // float32: e^89 is infinite, so 1 / (1 + e^89) is 0 and e^89 / (1 + e^89) is no number.
  const Tensor x = tensor({-89.0, 89.0});
  EXPECT_TRUE(SameBits(1.0 / (1.0 + exp(neg(x))), tensor({0.0, 1.0})));
  EXPECT_TRUE(Near(exp(x) / (1.0 + exp(x)), tensor({2.2274e-39, NAN}), 1e-43));
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(sigmoid(x), tensor({2.2274e-39, 1.0}), 1e-43));
  }
}
// #endregion stable

TEST(Sigmoid, KeepsItsDigitsFarLeft) {
  // e^-20 / (1 + e^-20); (1 + tanh(-10)) / 2 in float32 is 0.
  EXPECT_TRUE(SameBits((1.0 + tanh(tensor({-10.0}))) / 2.0, tensor({0.0})));
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_NEAR(sigmoid(tensor({-20.0})).item() / 2.0611536181902037e-9, 1, 2.4e-7);
  }
}

TEST(Sigmoid, CoversTheWholeLine) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      EXPECT_TRUE(SameBits(sigmoid(tensor({kInf, -kInf, 1e30, -1e30, 0.0, -0.0, 1e-40}, dtype)),
                           tensor({1.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.5}, dtype)));
      for (int64_t n : {1, 35}) {
        EXPECT_TRUE(Near(sigmoid(full({n}, NAN, {.dtype = dtype})), full({n}, NAN), 0));
      }
    }
    EXPECT_TRUE(Near(sigmoid_backward(tensor({NAN, 1.0}), tensor({0.5, NAN})), full({2}, NAN), 0));
  }
}

}  // namespace
}  // namespace prova

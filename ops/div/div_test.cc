#include "ops/div/div.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/mul/mul.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;
constexpr TensorSpec kDivisor = {.low = 0.25, .high = 4};

TEST(Div, Examples) {
  EXPECT_TRUE(SameBits(div(tensor({6.0, -1.0}), tensor({3.0, 4.0})), tensor({2.0, -0.25})));
  EXPECT_TRUE(
      SameBits(tensor({{10.0}, {20.0}}) / tensor({1.0, 5.0}), tensor({{10.0, 2.0}, {20.0, 4.0}})));
  EXPECT_TRUE(SameBits(tensor({3.0, 5.0}) / 2.0, tensor({1.5, 2.5})));
  EXPECT_TRUE(SameBits(1.0 / tensor({2.0, 4.0}), tensor({0.5, 0.25})));
}

TEST(Div, UndoesMul) {
  ForAll("(a / b) b = a, to an epsilon", [](Draw& draw) {
    const Tensor a = draw.tensor(), b = draw.tensor(a.shape(), kDivisor);
    return Near(mul(div(a, b), b), a, 2.3e-16);
  });
}

TEST(Div, OneIsNeutral) {
  ForAll("a / 1 = a, and a / a = 1", [](Draw& draw) {
    const Tensor a = draw.tensor({.low = 1, .high = 9, .dtype = DType::kFloat32});
    const testing::AssertionResult neutral = SameBits(div(a, 1.0), a);
    return neutral ? SameBits(div(a, a), ones_like(a)) : neutral;
  });
}

TEST(Div, IsExactForQuotientsThatAre) {
  ForAll("k m / m = k for integers, without rounding", [](Draw& draw) {
    const int64_t k = draw.integer(-4000, 4000), m = draw.integer(1, 4000);
    return SameBits(div(tensor({k * m}), tensor({m})),
                    tensor({static_cast<double>(k)}, DType::kFloat32));
  });
}

TEST(Div, BroadcastsAsExpandDoes) {
  ForAll("broadcasting an operand equals expanding it first", [](Draw& draw) {
    const Tensor a = draw.tensor({.min_rank = 2});
    const Tensor row = draw.tensor(Shape{a.shape().back()}, kDivisor);
    return SameBits(div(a, row), div(a, contiguous(expand(row, a.shape()))));
  });
}

TEST(Div, IgnoresACommonScale) {
  ForAll("the gradients make <a, da> + <b, db> = 0: scaling both operands changes nothing",
         [](Draw& draw) {
           const Tensor a = draw.tensor({.min_rank = 2});
           const Tensor b = draw.tensor(Shape{a.shape().back()}, kDivisor);
           const Tensor dy = draw.tensor(a.shape());
           const GradientPair dx = div_backward(dy, a, b);
           const double left = Dot(a, dx.a), right = Dot(b, dx.b);
           return std::abs(left + right) <= 1e-13 * (1 + std::abs(left)) * a.numel()
                      ? testing::AssertionSuccess()
                      : testing::AssertionFailure() << left << " and " << right;
         });
}

TEST(Div, PromotesIntegersToFloat) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(tensor({7, -7}) / tensor({2, 2}), tensor({3.5, -3.5})));
    EXPECT_TRUE(SameBits(tensor({7}, DType::kUInt8) / 2.0, tensor({3.5})));
    EXPECT_TRUE(Near(tensor({1, -1, 0}) / tensor({0, 0, 0}), tensor({kInf, -kInf, NAN}), 0));
  }
  EXPECT_EQ(div(tensor({1}), tensor({2.0}, DType::kFloat64)).dtype(), DType::kFloat64);
  EXPECT_EQ(div(tensor({1.0}, DType::kFloat16), 2.0).dtype(), DType::kFloat16);
  EXPECT_EQ(div(1.0, tensor({2})).dtype(), DType::kFloat32);
}

TEST(Div, FollowsIeeeAtTheEdges) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(div(tensor({1.0, 1.0, 0.0, kInf, 1.0, NAN, 1.0}),
                         tensor({0.0, -0.0, 0.0, kInf, kInf, 1.0, NAN})),
                     tensor({kInf, -kInf, NAN, NAN, 0.0, NAN, NAN}), 0));
  }
}

// The table of gradient tests: same shape, scalar [2,3] with [1], broadcast [2,3] with [3].
TEST(DivGradient, SameShape) {
  const GradientPair dx = div_backward(full({2, 3}, 8), full({2, 3}, 3), full({2, 3}, 2));
  EXPECT_TRUE(SameBits(dx.a, full({2, 3}, 4)));
  EXPECT_TRUE(SameBits(dx.b, full({2, 3}, -6)));
}

TEST(DivGradient, Scalar) {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const GradientPair dx = div_backward(ones({2, 3}), a, tensor({2.0}));
  EXPECT_TRUE(SameBits(dx.a, full({2, 3}, 0.5)));
  EXPECT_TRUE(SameBits(dx.b, tensor({-5.25})));
}

TEST(DivGradient, Broadcast) {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const GradientPair dx = div_backward(ones({2, 3}), a, tensor({1.0, 2.0, 4.0}));
  EXPECT_TRUE(SameBits(dx.a, tensor({{1.0, 0.5, 0.25}, {1.0, 0.5, 0.25}})));
  EXPECT_TRUE(SameBits(dx.b, tensor({-5.0, -1.75, -0.5625})));
}

TEST(DivGradient, FollowsIeeeAtZero) {
  const GradientPair dx =
      div_backward(tensor({1.0, 1.0, 0.0}), tensor({1.0, 0.0, 1.0}), zeros({3}));
  EXPECT_TRUE(Near(dx.a, tensor({kInf, kInf, NAN}), 0));
  EXPECT_TRUE(Near(dx.b, tensor({-kInf, NAN, NAN}), 0));
}

TEST(DivGradient, SurvivesDivisorsWhoseSquareDoesNot) {
  // b^2 = 1e-60 is 0 in float32, and 1e60 infinite.
  const GradientPair dx = div_backward(ones({2}), tensor({1e-30, 1e30}), tensor({1e-30, 1e30}));
  EXPECT_TRUE(Near(mul(dx.b, tensor({1e-30, 1e30})), full({2}, -1), 2e-7));
}

TEST(Div, LeavesUnwantedGradientsUndefined) {
  const GradientPair dx = div_backward(ones({2}), ones({2}), ones({2}), {.a = false});
  EXPECT_FALSE(dx.a.defined());
  EXPECT_TRUE(SameBits(dx.b, full({2}, -1)));
}

}  // namespace
}  // namespace prova

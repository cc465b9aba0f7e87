#include "ops/sub/sub.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/neg/neg.h"

namespace prova {
namespace {

TEST(Sub, Examples) {
  EXPECT_TRUE(SameBits(sub(tensor({1.0, 2.0}), tensor({10.0, 0.5})), tensor({-9.0, 1.5})));
  EXPECT_TRUE(SameBits(tensor({{1.0}, {2.0}}) - tensor({10.0, 20.0}),
                       tensor({{-9.0, -19.0}, {-8.0, -18.0}})));
  EXPECT_TRUE(SameBits(tensor({1.0, 2.0}) - 0.5, tensor({0.5, 1.5})));
  EXPECT_TRUE(SameBits(0.5 - tensor({1.0, 2.0}), tensor({-0.5, -1.5})));
}

TEST(Sub, IsAntisymmetric) {
  ForAll("a - b = -(b - a)", [](Draw& draw) {
    const Tensor a = draw.tensor(), b = draw.tensor(a.shape());
    return Near(sub(a, b), neg(sub(b, a)), 0);
  });
}

TEST(Sub, ZeroIsNeutral) {
  ForAll("a - 0 = a", [](Draw& draw) {
    const Tensor a = draw.tensor({.dtype = DType::kFloat32});
    return SameBits(sub(a, 0.0), a);
  });
}

TEST(Sub, VanishesOnEqualOperands) {
  ForAll("a - a is +0", [](Draw& draw) {
    const Tensor a = draw.tensor();
    return SameBits(sub(a, a), zeros_like(a));
  });
}

TEST(Sub, IsExactBetweenNeighbours) {
  ForAll("b/2 <= a <= 2b gives a - b without rounding (Sterbenz's lemma)", [](Draw& draw) {
    const TensorSpec octave = {.low = 2, .high = 4, .dtype = DType::kFloat32};
    const Tensor a = draw.tensor(octave), b = draw.tensor(a.shape(), octave);
    return SameBits(Cast(sub(a, b), DType::kFloat64),
                    sub(Cast(a, DType::kFloat64), Cast(b, DType::kFloat64)));
  });
}

TEST(Sub, BroadcastsAsExpandDoes) {
  ForAll("broadcasting an operand equals expanding it first", [](Draw& draw) {
    const Tensor a = draw.tensor({.min_rank = 2});
    const Tensor row = draw.tensor(Shape{a.shape().back()});
    return SameBits(sub(row, a), sub(contiguous(expand(row, a.shape())), a));
  });
}

TEST(Sub, SumsGradientsOverBroadcastAxes) {
  ForAll("the gradient of a broadcast subtrahend is minus the adjoint of expanding it",
         [](Draw& draw) {
           const Tensor dy = draw.tensor({.min_rank = 2});
           const Tensor row = draw.tensor(Shape{dy.shape().back()});
           const GradientPair dx = sub_backward(dy, dy.shape(), row.shape());
           const double expected = -Dot(expand(row, dy.shape()), dy);
           return std::abs(Dot(row, dx.b) - expected) <=
                          1e-12 * (1 + std::abs(expected)) * dy.numel()
                      ? testing::AssertionSuccess()
                      : testing::AssertionFailure() << Dot(row, dx.b) << " and " << expected;
         });
}

TEST(Sub, WrapsIntegersAndPromotes) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(sub(tensor({1}, DType::kUInt8), tensor({2}, DType::kUInt8)),
                         tensor({255}, DType::kUInt8)));
    EXPECT_TRUE(SameBits(sub(tensor({-128}, DType::kInt8), tensor({1}, DType::kInt8)),
                         tensor({127}, DType::kInt8)));
    const Tensor least = from_vector<int64_t>({INT64_MIN}, {1});
    EXPECT_EQ(sub(least, 1.0).to_vector<int64_t>()[0], INT64_MAX);
  }
  EXPECT_EQ(sub(tensor({1}, DType::kUInt8), tensor({1}, DType::kInt8)).dtype(), DType::kInt16);
  EXPECT_EQ(sub(tensor({1}), 0.5).dtype(), DType::kFloat32);
  EXPECT_EQ(sub(0.5, tensor({1})).dtype(), DType::kFloat32);
  EXPECT_EQ(sub(tensor({1.0}, DType::kFloat16), 2.5).dtype(), DType::kFloat16);
}

TEST(Sub, FollowsIeeeAtTheEdges) {
  const double inf = INFINITY;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const std::vector<double> y =
        sub(tensor({inf, inf, -0.0, NAN, 1.0}), tensor({1.0, inf, 0.0, 1.0, NAN}))
            .to_vector<double>();
    EXPECT_EQ(y[0], inf);
    EXPECT_TRUE(std::isnan(y[1]));
    EXPECT_TRUE(y[2] == 0 && std::signbit(y[2]));
    EXPECT_TRUE(std::isnan(y[3]) && std::isnan(y[4]));
  }
}

// The table of gradient tests: same shape, scalar [2,3] with [1], broadcast [2,3] with [3].
TEST(SubGradient, SameShape) {
  const Tensor dy = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const GradientPair dx = sub_backward(dy, {2, 3}, {2, 3});
  EXPECT_TRUE(SameBits(dx.a, dy));
  EXPECT_TRUE(SameBits(dx.b, tensor({{-1.0, -2.0, -3.0}, {-4.0, -5.0, -6.0}})));
}

TEST(SubGradient, Scalar) {
  const GradientPair dx = sub_backward(ones({2, 3}), {2, 3}, {1});
  EXPECT_TRUE(SameBits(dx.a, ones({2, 3})));
  EXPECT_TRUE(SameBits(dx.b, tensor({-6.0})));
}

TEST(SubGradient, Broadcast) {
  const GradientPair dx = sub_backward(ones({2, 3}), {2, 3}, {3});
  EXPECT_TRUE(SameBits(dx.a, ones({2, 3})));
  EXPECT_TRUE(SameBits(dx.b, full({3}, -2)));
}

TEST(Sub, LeavesUnwantedGradientsUndefined) {
  const GradientPair dx = sub_backward(ones({2}), {2}, {2}, {.a = false});
  EXPECT_FALSE(dx.a.defined());
  EXPECT_TRUE(SameBits(dx.b, full({2}, -1)));
}

}  // namespace
}  // namespace prova

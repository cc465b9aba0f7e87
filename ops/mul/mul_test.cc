#include "ops/mul/mul.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"

namespace prova {
namespace {

constexpr DType kIntegerTypes[] = {DType::kUInt8, DType::kInt8, DType::kInt16, DType::kInt32,
                                   DType::kInt64};

TEST(Mul, Examples) {
  EXPECT_TRUE(SameBits(mul(tensor({2.0, -3.0}), tensor({10.0, 0.5})), tensor({20.0, -1.5})));
  EXPECT_TRUE(SameBits(tensor({{1.0}, {2.0}}) * tensor({10.0, 20.0}),
                       tensor({{10.0, 20.0}, {20.0, 40.0}})));
  EXPECT_TRUE(SameBits(1.5 * tensor({1.0, 2.0}), tensor({1.5, 3.0})));
}

TEST(Mul, Commutes) {
  ForAll("a * b and b * a are the same bits", [](Draw& draw) {
    const Tensor a = draw.tensor(), b = draw.tensor(a.shape());
    return SameBits(mul(a, b), mul(b, a));
  });
}

TEST(Mul, OneIsNeutral) {
  ForAll("a * 1 = a", [](Draw& draw) {
    const Tensor a = draw.tensor({.dtype = DType::kFloat32});
    return SameBits(mul(a, 1.0), a);
  });
}

TEST(Mul, ScalesByPowersOfTwoExactly) {
  ForAll("a * 2^k adds k to the exponent and rounds nothing", [](Draw& draw) {
    const Tensor a = draw.tensor();
    const int64_t k = draw.integer(-100, 100);
    std::vector<double> scaled = a.to_vector<double>();
    for (double& value : scaled) value = std::ldexp(value, static_cast<int>(k));
    return SameBits(mul(a, std::ldexp(1.0, static_cast<int>(k))), from_vector(scaled, a.shape()));
  });
}

TEST(Mul, BroadcastsAsExpandDoes) {
  ForAll("broadcasting an operand equals expanding it first", [](Draw& draw) {
    const Tensor a = draw.tensor({.min_rank = 2});
    const Tensor row = draw.tensor(Shape{a.shape().back()});
    return SameBits(mul(a, row), mul(a, contiguous(expand(row, a.shape()))));
  });
}

TEST(Mul, IsItsOwnAdjoint) {
  ForAll("<dy, v * b> = <da, v> for any direction v: multiplying by b is symmetric",
         [](Draw& draw) {
           const Tensor dy = draw.tensor({.min_rank = 2});
           const Tensor a = draw.tensor(Shape{dy.shape().back()}), v = draw.tensor(a.shape());
           const Tensor b = draw.tensor(dy.shape());
           const double expected = Dot(dy, mul(v, b));
           const double actual = Dot(mul_backward(dy, a, b).a, v);
           return std::abs(actual - expected) <= 1e-12 * (1 + std::abs(expected)) * dy.numel()
                      ? testing::AssertionSuccess()
                      : testing::AssertionFailure() << actual << " and " << expected;
         });
}

TEST(Mul, WrapsIntegers) {
  ForAll("integer products are exact modulo 2^bits, on every target", [](Draw& draw) {
    Rng rng = draw.rng();
    const DType dtype = kIntegerTypes[draw.integer(0, 4)];
    // Longer than a vector of bytes, with a tail.
    const int64_t n = draw.integer(1, 150), largest = INT64_MAX;
    const Tensor wide_a = randint(-largest, largest, {n}, rng);
    const Tensor wide_b = randint(-largest, largest, {n}, rng);
    std::vector<int64_t> product = wide_a.to_vector<int64_t>();
    const std::vector<int64_t> factors = wide_b.to_vector<int64_t>();
    for (int64_t i = 0; i < n; ++i) {
      product[i] = static_cast<int64_t>(static_cast<uint64_t>(product[i]) *
                                        static_cast<uint64_t>(factors[i]));
    }
    const Tensor expected = Cast(from_vector(product, {n}), dtype);
    const Tensor a = Cast(wide_a, dtype), b = Cast(wide_b, dtype);
    testing::AssertionResult result = testing::AssertionSuccess();
    ForEachTarget([&](const char* target) {
      if (result) result = SameBits(mul(a, b), expected) << ToString(dtype) << " on " << target;
    });
    const ScopedKernels reference(Where::kReference);
    return result ? SameBits(mul(a, b), expected) << ToString(dtype) << ", reference" : result;
  });
}

TEST(Mul, PromotesDTypes) {
  EXPECT_EQ(mul(tensor({1}, DType::kUInt8), tensor({1}, DType::kInt8)).dtype(), DType::kInt16);
  EXPECT_EQ(mul(tensor({1}), 0.5).dtype(), DType::kFloat32);
  EXPECT_EQ(mul(tensor({1}), 2.0).dtype(), DType::kInt64);
  EXPECT_EQ(mul(tensor({1.0}, DType::kBFloat16), 2.5).dtype(), DType::kBFloat16);
}

TEST(Mul, FollowsIeeeAtTheEdges) {
  const double inf = INFINITY;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const std::vector<double> y =
        mul(tensor({inf, inf, -0.0, NAN, 1e30}), tensor({-2.0, 0.0, 3.0, 1.0, 1e30}))
            .to_vector<double>();
    EXPECT_EQ(y[0], -inf);
    EXPECT_TRUE(std::isnan(y[1]));
    EXPECT_TRUE(y[2] == 0 && std::signbit(y[2]));
    EXPECT_TRUE(std::isnan(y[3]));
    EXPECT_EQ(y[4], inf);
  }
}

TEST(Mul, AddsBothGradientsOfASquare) {
  const Tensor x = parameter(tensor({3.0, -2.0}));
  const Gradients g = backward(mul(x, x), {.cotangents = {ones({2})}});
  EXPECT_TRUE(SameBits(g[x], tensor({6.0, -4.0})));
}

// The table of gradient tests: same shape, scalar [2,3] with [1], broadcast [2,3] with [3].
TEST(MulGradient, SameShape) {
  const Tensor dy = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}), b = full({2, 3}, 2);
  const GradientPair dx = mul_backward(dy, full({2, 3}, 3), b);
  EXPECT_TRUE(SameBits(dx.a, tensor({{2.0, 4.0, 6.0}, {8.0, 10.0, 12.0}})));
  EXPECT_TRUE(SameBits(dx.b, tensor({{3.0, 6.0, 9.0}, {12.0, 15.0, 18.0}})));
}

TEST(MulGradient, Scalar) {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const GradientPair dx = mul_backward(ones({2, 3}), a, tensor({10.0}));
  EXPECT_TRUE(SameBits(dx.a, full({2, 3}, 10)));
  EXPECT_TRUE(SameBits(dx.b, tensor({21.0})));
}

TEST(MulGradient, Broadcast) {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const GradientPair dx = mul_backward(ones({2, 3}), a, tensor({1.0, 10.0, 100.0}));
  EXPECT_TRUE(SameBits(dx.a, tensor({{1.0, 10.0, 100.0}, {1.0, 10.0, 100.0}})));
  EXPECT_TRUE(SameBits(dx.b, tensor({5.0, 7.0, 9.0})));
}

TEST(Mul, LeavesUnwantedGradientsUndefined) {
  const GradientPair dx = mul_backward(ones({2}), ones({2}), ones({2}), {.b = false});
  EXPECT_TRUE(SameBits(dx.a, ones({2})));
  EXPECT_FALSE(dx.b.defined());
}

}  // namespace
}  // namespace prova

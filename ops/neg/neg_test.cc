#include "ops/neg/neg.h"

#include <cmath>

#include "gradcheck/testing.h"

namespace prova {
namespace {

TEST(Neg, Examples) {
  EXPECT_TRUE(SameBits(neg(tensor({1.0, -2.0})), tensor({-1.0, 2.0})));
  EXPECT_TRUE(SameBits(-tensor({{1, -2}, {3, 0}}), tensor({{-1, 2}, {-3, 0}})));
}

TEST(Neg, IsAnInvolution) {
  ForAll("-(-x) and x are the same bits, in every dtype", [](Draw& draw) {
    const DType dtype = kAllDTypes[draw.integer(1, 9)];
    const Tensor x =
        draw.tensor({.min_size = 0, .max_size = 40, .low = 0, .high = 100, .dtype = dtype});
    return SameBits(neg(neg(x)), x);
  });
}

TEST(Neg, ReachesEveryElementOfALongTensor) {
  // More than the largest grid of a GPU takes at once, four floats a thread.
  const std::vector<float> y =
      neg(arange(4 * 2112 * 256 + 6, {.dtype = DType::kFloat32})).to_vector<float>();
  for (size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], -static_cast<float>(i));
}

TEST(Neg, IsItsOwnAdjoint) {
  ForAll("<-x, v> = <x, neg_backward(v)>, exactly", [](Draw& draw) {
    const Tensor x = draw.tensor(), v = draw.tensor(x.shape());
    const double left = Dot(neg(x), v), right = Dot(x, neg_backward(v));
    return left == right ? testing::AssertionSuccess()
                         : testing::AssertionFailure() << left << " and " << right;
  });
}

TEST(Neg, FlipsTheSignBit) {
  ForAll("the sign differs and the magnitude does not", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const std::vector<double> before = x.to_vector<double>(), after = neg(x).to_vector<double>();
    for (size_t i = 0; i < before.size(); ++i) {
      if (std::abs(before[i]) != std::abs(after[i]) ||
          std::signbit(before[i]) == std::signbit(after[i])) {
        return testing::AssertionFailure() << before[i] << " became " << after[i];
      }
    }
    return testing::AssertionSuccess();
  });
}

TEST(Neg, FlipsZeroInfinityAndNaN) {
  const double inf = INFINITY;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(neg(tensor({0.0, -0.0, inf})), tensor({-0.0, 0.0, -inf})));
    const double nan = neg(tensor({NAN})).to_vector<double>()[0];
    EXPECT_TRUE(std::isnan(nan) && std::signbit(nan));
  }
}

TEST(Neg, WrapsIntegers) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(
        SameBits(neg(tensor({0, 1, 255}, DType::kUInt8)), tensor({0, 255, 1}, DType::kUInt8)));
    EXPECT_TRUE(
        SameBits(neg(tensor({-128, 127}, DType::kInt8)), tensor({-128, -127}, DType::kInt8)));
    const Tensor least = from_vector<int64_t>({INT64_MIN}, {1});
    EXPECT_TRUE(SameBits(neg(least), least));
  }
}

}  // namespace
}  // namespace prova

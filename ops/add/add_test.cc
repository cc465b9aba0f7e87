#include "ops/add/add.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"

namespace prova {
namespace {

TEST(Add, Examples) {
  EXPECT_TRUE(SameBits(add(tensor({1.0, 2.0}), tensor({10.0, 20.0})), tensor({11.0, 22.0})));
  EXPECT_TRUE(SameBits(tensor({{1.0}, {2.0}}) + tensor({10.0, 20.0}),
                       tensor({{11.0, 21.0}, {12.0, 22.0}})));
  EXPECT_TRUE(SameBits(1.5 + tensor({1.0, 2.0}), tensor({2.5, 3.5})));
}

TEST(Add, Commutes) {
  ForAll("a + b and b + a are the same bits", [](Draw& draw) {
    const Tensor a = draw.tensor(), b = draw.tensor(a.shape());
    return SameBits(add(a, b), add(b, a));
  });
}

TEST(Add, ZeroIsNeutral) {
  ForAll("a + 0 = a", [](Draw& draw) {
    const Tensor a = draw.tensor({.dtype = DType::kFloat32});
    return SameBits(add(a, 0.0), a);
  });
}

TEST(Add, BroadcastsAsExpandDoes) {
  ForAll("broadcasting an operand equals expanding it first", [](Draw& draw) {
    const Tensor a = draw.tensor({.min_rank = 2});
    const Tensor row = draw.tensor(Shape{a.shape().back()});
    return SameBits(add(a, row), add(a, contiguous(expand(row, a.shape()))));
  });
}

TEST(Add, ReachesEveryElementOfALongTensor) {
  // More than the largest grid of a GPU takes at once, four floats a thread.
  const int64_t n = 4 * 2112 * 256 + 6;
  const Tensor x = arange(n, {.dtype = DType::kFloat32});
  // From its second element on, no pack is aligned.
  for (int64_t start : {0, 1}) {
    const Tensor part = slice(x, 0, {.start = start});
    const std::vector<float> y = add(part, part).to_vector<float>();
    for (size_t i = 0; i < y.size(); ++i) {
      ASSERT_EQ(y[i], 2 * static_cast<float>(i + start)) << "element " << i << " from " << start;
    }
  }
}

TEST(Add, WalksRowsOfPacks) {
  // Rows of whole packs of 16 bytes, which lie as far apart, or not; a column and a row to repeat.
  for (int64_t pitch : {16, 18}) {
    const Tensor wide = reshape(arange(6 * pitch, {.dtype = DType::kFloat32}), {6, pitch});
    const Tensor x = slice(wide, 1, {.stop = 16});
    const Tensor column = slice(wide, 1, {.start = 1, .stop = 2}), row = slice(x, 0, {.stop = 1});
    const std::vector<float> down = add(x, column).to_vector<float>();
    const std::vector<float> along = add(row, x).to_vector<float>();
    for (int64_t i = 0; i < 6 * 16; ++i) {
      const float here = static_cast<float>(i / 16 * pitch + i % 16);
      ASSERT_EQ(down[i], here + static_cast<float>(i / 16 * pitch + 1)) << pitch << ", " << i;
      ASSERT_EQ(along[i], here + static_cast<float>(i % 16)) << pitch << ", " << i;
    }
  }
}

TEST(Add, SumsGradientsOverBroadcastAxes) {
  ForAll("the gradient of a broadcast operand is the adjoint of expanding it", [](Draw& draw) {
    const Tensor dy = draw.tensor({.min_rank = 2});
    const Tensor row = draw.tensor(Shape{dy.shape().back()});
    const GradientPair dx = add_backward(dy, dy.shape(), row.shape());
    const double expected = Dot(expand(row, dy.shape()), dy);
    return std::abs(Dot(row, dx.b) - expected) <= 1e-12 * (1 + std::abs(expected)) * dy.numel()
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << Dot(row, dx.b) << " and " << expected;
  });
}

TEST(Add, GivesTheSameBitsAroundTheCaches) {
  // Results from 32 MiB on are stored another way; each row alone is not.
  Rng rng(5);
  const Tensor a = randn({9, (1 << 20) + 3}, rng), b = randn({(1 << 20) + 3}, rng);
  const Tensor whole = add(a, b);
  for (int64_t row = 0; row < a.size(0); ++row) {
    const SliceSpec only = {.start = row, .stop = row + 1};
    EXPECT_TRUE(SameBits(contiguous(slice(whole, 0, only)), add(slice(a, 0, only), b)));
  }
}

TEST(Add, WrapsIntegersAndPromotes) {
  EXPECT_TRUE(SameBits(add(tensor({250}, DType::kUInt8), tensor({10}, DType::kUInt8)),
                       tensor({4}, DType::kUInt8)));
  EXPECT_EQ(add(tensor({1}, DType::kUInt8), tensor({1}, DType::kInt8)).dtype(), DType::kInt16);
  EXPECT_EQ(add(tensor({1}), 0.5).dtype(), DType::kFloat32);
  EXPECT_EQ(add(tensor({1.0}, DType::kFloat16), 2.5).dtype(), DType::kFloat16);
}

TEST(Add, DoesNotRoundIntegersToSixteenBits) {
  // 70,000 is beyond float16; the sum is not.
  EXPECT_EQ(add(tensor({-60000.0}, DType::kFloat16), tensor({70000})).item(), 10000);
}

TEST(Add, FollowsIeeeAtTheEdges) {
  const double inf = INFINITY;
  const std::vector<double> y =
      add(tensor({inf, inf, -0.0, NAN}), tensor({1.0, -inf, 0.0, 1.0})).to_vector<double>();
  EXPECT_EQ(y[0], inf);
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_FALSE(std::signbit(y[2]));
  EXPECT_TRUE(std::isnan(y[3]));
}

// The table of gradient tests: same shape, scalar [2,3] with [1], broadcast [2,3] with [3].
TEST(AddGradient, SameShape) {
  const Tensor dy = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const GradientPair dx = add_backward(dy, {2, 3}, {2, 3});
  EXPECT_TRUE(SameBits(dx.a, dy));
  EXPECT_TRUE(SameBits(dx.b, dy));
}

TEST(AddGradient, Scalar) {
  const GradientPair dx = add_backward(ones({2, 3}), {2, 3}, {1});
  EXPECT_TRUE(SameBits(dx.a, ones({2, 3})));
  EXPECT_TRUE(SameBits(dx.b, tensor({6.0})));
}

TEST(AddGradient, Broadcast) {
  const GradientPair dx = add_backward(ones({2, 3}), {2, 3}, {3});
  EXPECT_TRUE(SameBits(dx.a, ones({2, 3})));
  EXPECT_TRUE(SameBits(dx.b, full({3}, 2)));
}

TEST(Add, LeavesUnwantedGradientsUndefined) {
  const GradientPair dx = add_backward(ones({2}), {2}, {2}, {.a = false});
  EXPECT_FALSE(dx.a.defined());
  EXPECT_TRUE(SameBits(dx.b, ones({2})));
}

}  // namespace
}  // namespace prova

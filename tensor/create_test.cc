#include "tensor/create.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/parallel_for.h"
#include "base/testing.h"
#include "tensor/strided.h"

namespace prova {
namespace {

constexpr DType kFloatingDTypes[] = {DType::kFloat16, DType::kBFloat16, DType::kFloat32,
                                     DType::kFloat64};

TEST(NestedListTest, BracesGiveTheShape) {
  EXPECT_EQ(tensor(1).shape(), (Shape{}));
  EXPECT_EQ(tensor({1}).shape(), (Shape{1}));
  EXPECT_EQ(tensor({1, 2, 3}).shape(), (Shape{3}));
  EXPECT_EQ(tensor({{1, 2}}).shape(), (Shape{1, 2}));
  EXPECT_EQ(tensor({{1}, {2}}).shape(), (Shape{2, 1}));
  EXPECT_EQ(tensor({{{1}}}).shape(), (Shape{1, 1, 1}));
  EXPECT_EQ(tensor({{{1, 2}, {3, 4}, {5, 6}}}).shape(), (Shape{1, 3, 2}));
  EXPECT_EQ(tensor({}).shape(), (Shape{0}));
  EXPECT_EQ(tensor({{}, {}}).shape(), (Shape{2, 0}));
  EXPECT_EQ(tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}).to_vector<int>(),
            (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(NestedListTest, CppTypesGiveTheDType) {
  EXPECT_EQ(tensor({true, false}).dtype(), DType::kBool);
  EXPECT_EQ(tensor({1, 2}).dtype(), DType::kInt64);
  EXPECT_EQ(tensor({1.0, 2.0}).dtype(), DType::kFloat32);
  EXPECT_EQ(tensor({1, 2.5f}).dtype(), DType::kFloat32);
  EXPECT_EQ(tensor({true, 2}).dtype(), DType::kInt64);
  EXPECT_EQ(tensor({{true, false}, {true, 0.5}}).dtype(), DType::kFloat32);
  EXPECT_EQ(tensor({}).dtype(), DType::kFloat32);
  EXPECT_EQ(tensor({1, 2}, DType::kFloat64).dtype(), DType::kFloat64);
}

TEST(NestedListTest, ValuesKeepTheirPrecision) {
  EXPECT_EQ(tensor(9007199254740993).item<int64_t>(), 9007199254740993);
  EXPECT_EQ(tensor(0.1, DType::kFloat64).item(), 0.1);
  EXPECT_EQ(tensor({true, 9007199254740993}).to_vector<int64_t>(),
            (std::vector<int64_t>{1, 9007199254740993}));
  EXPECT_EQ(tensor({1.9, -1.9, 300.0}, DType::kInt8).to_vector<int>(),
            (std::vector<int>{1, -1, 127}));
  EXPECT_EQ(tensor({0, 2}, DType::kBool).to_vector<bool>(), (std::vector<bool>{false, true}));
}

TEST(NestedListTest, RaggedBracesAreErrors) {
  const char* need = "; need lists of equal length at every depth";
  ExpectError(ErrorCode::kShape, std::string("tensor: ragged braces at depth 1") + need, [] {
    tensor({{1, 2}, {3}});
  });
  ExpectError(ErrorCode::kShape, std::string("tensor: ragged braces at depth 1") + need, [] {
    tensor({{1, 2}, 3});
  });
  ExpectError(ErrorCode::kShape, std::string("tensor: ragged braces at depth 1") + need, [] {
    tensor({1, {2}});
  });
  ExpectError(ErrorCode::kShape, std::string("tensor: ragged braces at depth 2") + need, [] {
    tensor({{{1}, {2}}, {{3}, {4, 5}}});
  });
  ExpectError(ErrorCode::kShape, "shape: 9 axes; need at most 8; reshape to join axes",
              [] { tensor({{{{{{{{{1}}}}}}}}}); });
}

TEST(FromSpanTest, CopiesEveryElementType) {
  auto check = [](auto first, auto second) {
    using T = decltype(first);
    const T values[] = {first, second};
    const Tensor x = from_span(std::span<const T>(values), {2, 1});
    EXPECT_EQ(x.dtype(), kDTypeOf<T>);
    EXPECT_EQ(x.shape(), (Shape{2, 1}));
    const Tensor here = To(x, kCpu);
    EXPECT_EQ(here.template data<T>()[0], first);
    EXPECT_EQ(here.template data<T>()[1], second);
  };
  check(true, false);
  check(uint8_t{1}, uint8_t{255});
  check(int8_t{1}, int8_t{-128});
  check(int16_t{1}, int16_t{-32768});
  check(int32_t{1}, std::numeric_limits<int32_t>::min());
  check(int64_t{1}, std::numeric_limits<int64_t>::min());
  check(float16(1.5f), float16(-2.0f));
  check(bfloat16(1.5f), bfloat16(-2.0f));
  check(1.5f, -0.1f);
  check(1.5, -0.1);
}

TEST(FromSpanTest, TheTensorHasStorageOfItsOwn) {
  std::vector<float> values = {1, 2};
  const Tensor x = from_vector(values, {2});
  values[0] = 9;
  EXPECT_EQ(x.to_vector<int>(), (std::vector<int>{1, 2}));
  EXPECT_EQ(from_vector(std::vector<float>{}, {3, 0}).numel(), 0);
}

TEST(FromSpanTest, OtherCountsAreErrors) {
  ExpectError(ErrorCode::kShape, "from_span: 3 values for shape [2, 2]; need 4 values", [] {
    from_vector(std::vector<float>{1, 2, 3}, {2, 2});
  });
  ExpectError(ErrorCode::kShape, "shape: negative size in [-1]; need sizes >= 0",
              [] { from_vector(std::vector<float>{1}, {-1}); });
}

TEST(CreateTest, ConstantsFillEveryDType) {
  for (DType dtype : kAllDTypes) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{2, 3}}) {
      const size_t n = static_cast<size_t>(NumElements(shape));
      const TensorOptions options = {.dtype = dtype};
      EXPECT_EQ(zeros(shape, options).to_vector<double>(), std::vector<double>(n, 0));
      EXPECT_EQ(ones(shape, options).to_vector<double>(), std::vector<double>(n, 1));
      const double expected = dtype == DType::kBool ? 1 : 7;
      EXPECT_EQ(full(shape, 7, options).to_vector<double>(), std::vector<double>(n, expected));
      EXPECT_EQ(zeros(shape, options).dtype(), dtype);
    }
    const Tensor x = zeros({2, 3}, {.dtype = dtype});
    for (const Tensor& like : {empty_like(x), zeros_like(x), ones_like(x)}) {
      EXPECT_EQ(like.dtype(), dtype);
      EXPECT_EQ(like.shape(), x.shape());
      EXPECT_NE(like.storage(), x.storage());
    }
    EXPECT_EQ(ones_like(x).to_vector<int>(), std::vector<int>(6, 1));
  }
  EXPECT_EQ(full({100003}, 2.5).to_vector<float>(), std::vector<float>(100003, 2.5f));
}

TEST(CreateTest, AbsurdShapesAreErrorsAndWorkGoesOn) {
  ExpectError(ErrorCode::kMemory,
              "empty: shape [4611686018427387904] of float32; need at most 2^63 - 1 bytes",
              [] { empty({int64_t{1} << 62}); });
  EXPECT_THROW(empty({int64_t{1} << 53}), Error);
  ExpectError(ErrorCode::kShape, "shape: negative size in [-2]; need sizes >= 0",
              [] { zeros({-2}); });
  EXPECT_EQ(ones({3}).to_vector<int>(), (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(empty({int64_t{1} << 62, int64_t{1} << 62, 0}).numel(), 0);
}

TEST(CreateTest, ArangeCounts) {
  EXPECT_EQ(arange(4).to_vector<int>(), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(arange(4).dtype(), DType::kInt64);
  EXPECT_EQ(arange(0).shape(), (Shape{0}));
  EXPECT_EQ(arange(3, {.dtype = DType::kBFloat16}).to_vector<float>(),
            (std::vector<float>{0, 1, 2}));
}

TEST(CreateTest, EyeHasOnesOnItsDiagonal) {
  EXPECT_EQ(eye(3).to_vector<int>(), (std::vector<int>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(eye(2, {.dtype = DType::kBool}).to_vector<bool>(),
            (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(eye(0).shape(), (Shape{0, 0}));
}

struct Moments {
  double mean, variance, skewness_sum;
  double lowest, highest;
};

Moments MomentsOf(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  Moments moments{};
  moments.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  for (double value : values) {
    moments.variance += std::pow(value - moments.mean, 2) / n;
    moments.skewness_sum += std::pow(value - moments.mean, 3) / n;
  }
  moments.lowest = *std::min_element(values.begin(), values.end());
  moments.highest = *std::max_element(values.begin(), values.end());
  return moments;
}

TEST(RandTest, HasTheMomentsOfTheUniformDistribution) {
  constexpr double n = 200000;
  for (DType dtype : kFloatingDTypes) {
    Rng rng(1);
    const Moments moments = MomentsOf(rand({400, 500}, rng, {.dtype = dtype}).to_vector<double>());
    // Dropping the bits below the dtype's precision moves the mean down by half a step.
    const double mean = 0.5 - Epsilon(dtype) / 4;
    EXPECT_NEAR(moments.mean, mean, 5 * std::sqrt(1.0 / 12 / n)) << dtype;
    // Var[(u - 1/2)^2] = 1/80 - 1/144 = 1/180; dropped bits change the variance by eps^2.
    EXPECT_NEAR(moments.variance, 1.0 / 12,
                5 * std::sqrt(1.0 / 180 / n) + std::pow(Epsilon(dtype), 2))
        << dtype;
    EXPECT_GE(moments.lowest, 0.0) << dtype;
    EXPECT_LT(moments.highest, 1.0) << dtype;
    EXPECT_GT(moments.highest, 1 - Epsilon(dtype) - 10 / n) << dtype;
  }
}

TEST(RandnTest, HasTheMomentsOfTheNormalDistribution) {
  constexpr double n = 200000;
  for (DType dtype : kFloatingDTypes) {
    Rng rng(2);
    const std::vector<double> values = randn({400, 500}, rng, {.dtype = dtype}).to_vector<double>();
    const Moments moments = MomentsOf(values);
    const double rounding = Epsilon(dtype);
    EXPECT_NEAR(moments.mean, 0, 5 * std::sqrt(1 / n) + rounding / n) << dtype;
    EXPECT_NEAR(moments.variance, 1, 5 * std::sqrt(2 / n) + rounding * rounding) << dtype;
    EXPECT_NEAR(moments.skewness_sum, 0, 5 * std::sqrt(15 / n)) << dtype;
    // P(|x| > 2) = 0.0455003.
    const double beyond = static_cast<double>(
        std::count_if(values.begin(), values.end(), [](double x) { return std::abs(x) > 2; }));
    const double p = 0.0455003;
    EXPECT_NEAR(beyond, n * p, 5 * std::sqrt(n * p * (1 - p)) + n * rounding) << dtype;
    // Both halves of each Box-Muller pair are independent of each other.
    double product = 0;
    for (size_t i = 0; i < values.size(); i += 2) product += values[i] * values[i + 1];
    EXPECT_NEAR(product / (n / 2), 0, 5 / std::sqrt(n / 2)) << dtype;
  }
}

TEST(RandTest, ElementsAreWordsOfTheGeneratorsBlocks) {
  Rng rng(3), same(3);
  const std::vector<float> values = rand({6}, rng).to_vector<float>();
  const PhiloxBlocks blocks = same.Take(2);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(values[i], UniformFloat(blocks[i / 4][i % 4]));
  EXPECT_EQ(rng.position(), 2u);
  Rng wide(3);
  EXPECT_EQ(rand({3}, wide, {.dtype = DType::kFloat64}).to_vector<double>()[2],
            UniformDouble(blocks[1][0], blocks[1][1]));
  EXPECT_EQ(wide.position(), 2u);
}

TEST(RandnTest, ElementsAreBoxMullerPairsOfTheBlocksWords) {
  Rng rng(3), same(3);
  const std::vector<double> floats = randn({8}, rng).to_vector<double>();
  const std::vector<double> doubles =
      randn({4}, rng, {.dtype = DType::kFloat64}).to_vector<double>();
  EXPECT_EQ(rng.position(), 4u);
  const PhiloxBlocks blocks = same.Take(4);
  auto expect_pair = [](const double* pair, double u, double v, double epsilon) {
    const double radius = std::sqrt(-2 * std::log(1 - u)), angle = 2 * std::acos(-1.0) * v;
    // The angle, below 2 pi, is rounded twice; logarithm, root and product once each.
    EXPECT_NEAR(pair[0], radius * std::cos(angle), 16 * epsilon * radius);
    EXPECT_NEAR(pair[1], radius * std::sin(angle), 16 * epsilon * radius);
  };
  for (int i = 0; i < 4; ++i) {
    const PhiloxCounter words = blocks[i / 2];
    expect_pair(&floats[2 * i], UniformFloat(words[i % 2 * 2]), UniformFloat(words[i % 2 * 2 + 1]),
                Epsilon(DType::kFloat32));
  }
  for (int i = 0; i < 2; ++i) {
    const PhiloxCounter words = blocks[2 + i];
    expect_pair(&doubles[2 * i], UniformDouble(words[0], words[1]),
                UniformDouble(words[2], words[3]), Epsilon(DType::kFloat64));
  }
}

TEST(RandTest, GivesTheSameNumbersForAnyNumberOfThreads) {
  for (DType dtype : kFloatingDTypes) {
    std::vector<double> uniform, normal;
    for (int threads : {1, 2, 7}) {
      ScopedNumThreads scoped(threads);
      Rng rng(4);
      const TensorOptions options = {.dtype = dtype};
      const std::vector<double> u = rand({70001}, rng, options).to_vector<double>();
      const std::vector<double> x = randn({70001}, rng, options).to_vector<double>();
      if (threads == 1) {
        uniform = u;
        normal = x;
      }
      EXPECT_EQ(u, uniform);
      EXPECT_EQ(x, normal);
    }
  }
}

TEST(RandTest, CallsContinueWhereTheLastOneStopped) {
  Rng rng(5), same(5);
  const Tensor first = rand({8}, rng), second = rand({8}, rng);
  std::vector<float> joined = first.to_vector<float>();
  const std::vector<float> rest = second.to_vector<float>();
  joined.insert(joined.end(), rest.begin(), rest.end());
  EXPECT_EQ(rand({16}, same).to_vector<float>(), joined);
  EXPECT_EQ(rand({0}, same).numel(), 0);
}

TEST(RandTest, OnlyFloatingDTypesAreDrawn) {
  Rng rng(6);
  ExpectError(ErrorCode::kDType, "rand: int64; need a floating dtype",
              [&] { rand({2}, rng, {.dtype = DType::kInt64}); });
  ExpectError(ErrorCode::kDType, "randn: bool; need a floating dtype",
              [&] { randn({2}, rng, {.dtype = DType::kBool}); });
}

TEST(RandintTest, IsUniformOverTheHalfOpenRange) {
  Rng rng(7);
  constexpr int kDraws = 60000;
  std::vector<int> counts(6, 0);
  for (int64_t draw : randint(-2, 4, {kDraws}, rng).to_vector<int64_t>()) {
    ASSERT_GE(draw, -2);
    ASSERT_LT(draw, 4);
    ++counts[draw + 2];
  }
  const double p = 1.0 / 6;
  for (int count : counts) EXPECT_NEAR(count, kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)));
}

TEST(RandintTest, TheWholeRangeOfInt64IsAllowed) {
  Rng rng(8);
  const std::vector<int64_t> draws =
      randint(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), {1000}, rng)
          .to_vector<int64_t>();
  const auto negative = std::count_if(draws.begin(), draws.end(), [](int64_t x) { return x < 0; });
  EXPECT_NEAR(static_cast<double>(negative), 500, 5 * std::sqrt(250.0));
}

TEST(RandintTest, EmptyRangesAndOtherDTypesAreErrors) {
  Rng rng(9);
  ExpectError(ErrorCode::kValue, "randint: low 3 and high 3; need low < high",
              [&] { randint(3, 3, {1}, rng); });
  ExpectError(ErrorCode::kDType, "randint: float32; need an integer dtype",
              [&] { randint(0, 3, {1}, rng, {.dtype = DType::kFloat32}); });
  ExpectError(ErrorCode::kDType, "randint: bool; need an integer dtype",
              [&] { randint(0, 2, {1}, rng, {.dtype = DType::kBool}); });
}

TEST(RandpermTest, HoldsEveryNumberOnceAndEveryOrderEquallyOften) {
  Rng rng(10);
  std::vector<int64_t> sorted = randperm(100, rng).to_vector<int64_t>();
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, arange(100).to_vector<int64_t>());
  EXPECT_EQ(randperm(0, rng).shape(), (Shape{0}));
  EXPECT_EQ(randperm(1, rng).to_vector<int>(), (std::vector<int>{0}));
  constexpr int kDraws = 12000;
  std::vector<int> counts(27, 0);
  for (int i = 0; i < kDraws; ++i) {
    const std::vector<int> order = randperm(3, rng).to_vector<int>();
    ++counts[order[0] * 9 + order[1] * 3 + order[2]];
  }
  int orders = 0;
  for (int count : counts) {
    if (count == 0) continue;
    ++orders;
    EXPECT_NEAR(count, kDraws / 6.0, 5 * std::sqrt(kDraws * (1.0 / 6) * (5.0 / 6)));
  }
  EXPECT_EQ(orders, 6);
}

}  // namespace
}  // namespace prova

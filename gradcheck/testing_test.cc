#include "gradcheck/testing.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest-spi.h>

namespace prova {
namespace {

const double inf = INFINITY;

/// Below 10: RapidCheck should shrink what fails to 10.
void BelowTen() {
  ForAll("every number is below ten", [](Draw& draw) {
    const int64_t n = draw.integer(0, 1000);
    return n < 10 ? testing::AssertionSuccess() : testing::AssertionFailure() << "drew " << n;
  });
}

TEST(ForAll, ReportsWhatFails) { EXPECT_NONFATAL_FAILURE(BelowTen(), "every number is below ten"); }

TEST(ForAll, ShrinksWhatFails) {
  static int64_t last = 0;
  auto property = [] {
    ForAll("every number is below ten", [](Draw& draw) {
      const int64_t n = draw.integer(0, 1000);
      if (n < 10) return testing::AssertionSuccess();
      last = n;
      return testing::AssertionFailure() << "drew " << n;
    });
  };
  EXPECT_NONFATAL_FAILURE(property(), "below ten");
  EXPECT_EQ(last, 10);
}

TEST(ForAll, DrawsManyDifferentTimes) {
  int runs = 0;
  std::vector<int64_t> drawn;
  ForAll("the runs differ", [&](Draw& draw) {
    ++runs;
    drawn.push_back(draw.integer(0, 1 << 20));
    return testing::AssertionSuccess();
  });
  EXPECT_EQ(runs, 100);
  std::sort(drawn.begin(), drawn.end());
  EXPECT_GT(std::unique(drawn.begin(), drawn.end()) - drawn.begin(), 50);
}

TEST(Draw, StaysInItsBounds) {
  ForAll("a tensor has the ranks, sizes, values and dtype of its spec", [](Draw& draw) {
    const Tensor x = draw.tensor({.min_rank = 2,
                                  .max_rank = 3,
                                  .min_size = 2,
                                  .max_size = 4,
                                  .low = -3,
                                  .high = 5,
                                  .dtype = DType::kFloat32});
    bool fits = x.rank() >= 2 && x.rank() <= 3 && x.dtype() == DType::kFloat32;
    for (int64_t size : x.shape()) fits &= size >= 2 && size <= 4;
    for (double value : x.to_vector<double>()) fits &= value >= -3 && value <= 5;
    std::vector<int64_t> order = [&] {
      const Dims drawn = draw.permutation(4);
      return std::vector<int64_t>(drawn.begin(), drawn.end());
    }();
    std::sort(order.begin(), order.end());
    fits &= order == std::vector<int64_t>{0, 1, 2, 3};
    return fits ? testing::AssertionSuccess() : testing::AssertionFailure() << x;
  });
}

TEST(Near, AllowsWhatItSaysAndNoMore) {
  const Tensor one = ones({1}, {.dtype = DType::kFloat64});
  auto off = [&](double error) { return full({1}, 1 + error, {.dtype = DType::kFloat64}); };
  EXPECT_TRUE(Near(off(0x1p-20), one, 0x1p-20));
  EXPECT_FALSE(Near(off(0x1p-20 + 0x1p-52), one, 0x1p-20));
  EXPECT_TRUE(Near(one, one, 0));
  EXPECT_FALSE(Near(off(0x1p-52), one, 0));
  // Relative to the largest of the expected, or to 1.
  EXPECT_TRUE(Near(tensor({100.0, 0.5}), tensor({100.0, 0.0}), 0.005));
  EXPECT_FALSE(Near(tensor({0.1, 0.006}), tensor({0.1, 0.0}), 0.005));
}

TEST(Near, LetsNaNAndInfinityAgreeWithThemselvesOnly) {
  auto one = [](double value) { return full({1}, value); };
  EXPECT_TRUE(Near(one(NAN), one(NAN), 0));
  EXPECT_TRUE(Near(one(inf), one(inf), 0));
  const std::pair<double, double> apart[] = {{NAN, 1}, {1, NAN}, {inf, 1}, {1, inf}, {inf, -inf}};
  for (const auto& [actual, expected] : apart) {
    EXPECT_FALSE(Near(one(actual), one(expected), 1e300)) << actual << " " << expected;
  }
}

TEST(Near, WantsTheShape) { EXPECT_FALSE(Near(zeros({2}), zeros({1, 2}), 1)); }

TEST(Dot, SumsProducts) {
  EXPECT_EQ(Dot(tensor({{1.0, 2.0}, {3.0, 4.0}}), tensor({{1.0, 10.0}, {100.0, 1000.0}})), 4321);
}

}  // namespace
}  // namespace prova

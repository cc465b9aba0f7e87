#include "examples/digits/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include <gtest/gtest.h>

#include "tensor/create.h"

namespace prova::digits {
namespace {

TEST(EpochOrderTest, IsAPermutationOfSeedAndEpochAlone) {
  const auto order = EpochOrder(1, 1, 100);
  EXPECT_EQ(order, EpochOrder(1, 1, 100));
  EXPECT_NE(order, EpochOrder(1, 2, 100));
  EXPECT_NE(order, EpochOrder(2, 1, 100));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> all(100);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
}

TEST(GatherTest, TakesTheExamplesInOrder) {
  const LabelledImages from{from_vector<float>({0, 1, 2, 3, 4, 5}, {3, 1, 1, 2}),
                            from_vector<int64_t>({7, 8, 9}, {3})};
  const std::vector<int64_t> indices = {2, 0};
  const LabelledImages picked = Gather(from, indices);
  EXPECT_EQ(picked.images.shape(), (Shape{2, 1, 1, 2}));
  EXPECT_EQ(picked.images.to_vector<float>(), (std::vector<float>{4, 5, 0, 1}));
  EXPECT_EQ(picked.labels.to_vector<int64_t>(), (std::vector<int64_t>{9, 7}));
}

// The centre of an image's ink, (y, x).
std::pair<double, double> Centre(std::span<const float> image, int64_t width) {
  double ink = 0, y = 0, x = 0;
  for (size_t i = 0; i < image.size(); ++i) {
    ink += image[i];
    y += image[i] * static_cast<double>(i / width);
    x += image[i] * static_cast<double>(i % width);
  }
  return {y / ink, x / ink};
}

TEST(WarpTest, MovesADotInTheMiddleByUpTo8PercentInAllDirections) {
  constexpr int64_t kImages = 2000, kSide = 25;
  Tensor images = zeros({kImages, 1, kSide, kSide});
  for (int64_t n = 0; n < kImages; ++n) {
    float* middle = images.mutable_data<float>() + (n * kSide + kSide / 2) * kSide + kSide / 2;
    for (int64_t step : {-kSide - 1, -kSide, -kSide + 1, int64_t{-1}, int64_t{0}, int64_t{1},
                         kSide - 1, kSide, kSide + 1}) {
      middle[step] = 1;
    }
  }
  Rng rng(3);
  const std::vector<float> warped = WarpRandomly(images, rng).to_vector<float>();
  double sum_y = 0, sum_x = 0, low = 0, high = 0;
  for (int64_t n = 0; n < kImages; ++n) {
    const auto [y, x] = Centre(std::span(warped).subspan(n * kSide * kSide, kSide * kSide), kSide);
    sum_y += y - kSide / 2;
    sum_x += x - kSide / 2;
    low = std::min({low, y - kSide / 2, x - kSide / 2});
    high = std::max({high, y - kSide / 2, x - kSide / 2});
  }
  // 8 % of 25 is 2; a uniform draw deviates by 1.15, the mean of 2,000 by 0.026; six times that.
  EXPECT_NEAR(sum_y / kImages, 0, 0.16);
  EXPECT_NEAR(sum_x / kImages, 0, 0.16);
  EXPECT_NEAR(low, -2, 0.05);
  EXPECT_NEAR(high, 2, 0.05);
}

TEST(WarpTest, TurnsBothWaysByUpTo8Degrees) {
  constexpr int64_t kImages = 1000, kSide = 41;
  Tensor images = zeros({kImages, 1, kSide, kSide});
  for (int64_t n = 0; n < kImages; ++n) {
    for (int64_t y = 8; y < 33; ++y) images.mutable_data<float>()[(n * kSide + y) * kSide + 20] = 1;
  }
  Rng rng(4);
  const std::vector<float> warped = WarpRandomly(images, rng).to_vector<float>();
  double low = 0, high = 0, longest = 0, shortest = kSide;
  for (int64_t n = 0; n < kImages; ++n) {
    const auto image = std::span(warped).subspan(n * kSide * kSide, kSide * kSide);
    const auto [cy, cx] = Centre(image, kSide);
    double xy = 0, yy = 0, ink = 0;
    for (int64_t i = 0; i < kSide * kSide; ++i) {
      const double y = static_cast<double>(i / kSide) - cy, x = static_cast<double>(i % kSide) - cx;
      xy += image[i] * y * x;
      yy += image[i] * y * y;
      ink += image[i];
    }
    low = std::min(low, xy / yy);
    high = std::max(high, xy / yy);
    longest = std::max(longest, std::sqrt(12 * yy / ink));
    shortest = std::min(shortest, std::sqrt(12 * yy / ink));
  }
  // The slope is tan(8°) = 0.14 at most, stretched where the zooms differ; lengths are 25 / zoom.
  EXPECT_NEAR(low, -0.15, 0.02);
  EXPECT_NEAR(high, 0.15, 0.02);
  EXPECT_NEAR(longest, 25 / 0.92, 0.7);
  EXPECT_NEAR(shortest, 25 / 1.08, 0.7);
}

TEST(WarpTest, EmptyPaperComesInAndNothingElse) {
  Rng rng(5);
  const std::vector<float> warped = WarpRandomly(ones({200, 1, 8, 6}), rng).to_vector<float>();
  EXPECT_EQ(*std::max_element(warped.begin(), warped.end()), 1.0f);
  EXPECT_EQ(*std::min_element(warped.begin(), warped.end()), 0.0f);
  for (int64_t n = 0; n < 200; ++n) EXPECT_NEAR(warped[n * 48 + 3 * 6 + 2], 1, 1e-6);
}

TEST(WarpTest, TheGeneratorDecides) {
  Rng draws(6);
  const Tensor images = rand({3, 1, 8, 8}, draws);
  Rng a(7), b(7);
  const auto first = WarpRandomly(images, a).to_vector<float>();
  EXPECT_EQ(first, WarpRandomly(images, b).to_vector<float>());
  EXPECT_EQ(a.position(), 6u);
  EXPECT_NE(first, WarpRandomly(images, a).to_vector<float>());
}

TEST(ChecksumTest, SeesEveryPart) {
  auto make = [] {
    const LabelledImages part{zeros({2, 1, 2, 2}), zeros({2}, {.dtype = DType::kInt64})};
    const LabelledImages other{ones({2, 1, 2, 2}), zeros({2}, {.dtype = DType::kInt64})};
    return Digits{.train = part, .test = other};
  };
  const uint32_t sum = Checksum(make());
  EXPECT_EQ(sum, Checksum(make()));
  Digits digits = make();
  digits.train.images.mutable_data<float>()[3] = 1;
  EXPECT_NE(sum, Checksum(digits));
  digits = make();
  digits.test.labels.mutable_data<int64_t>()[1] = 1;
  EXPECT_NE(sum, Checksum(digits));
}

}  // namespace
}  // namespace prova::digits

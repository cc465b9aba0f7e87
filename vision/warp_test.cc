#include "vision/warp.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "autograd/movement.h"
#include "base/testing.h"
#include "tensor/create.h"

namespace prova {
namespace {

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
  const std::vector<float> warped = warp_randomly(images, rng).to_vector<float>();
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
  const std::vector<float> warped = warp_randomly(images, rng).to_vector<float>();
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
  const std::vector<float> warped = warp_randomly(ones({200, 1, 8, 6}), rng).to_vector<float>();
  EXPECT_EQ(*std::max_element(warped.begin(), warped.end()), 1.0f);
  EXPECT_EQ(*std::min_element(warped.begin(), warped.end()), 0.0f);
  for (int64_t n = 0; n < 200; ++n) EXPECT_NEAR(warped[n * 48 + 3 * 6 + 2], 1, 1e-6);
}

TEST(WarpTest, TheGeneratorDecides) {
  Rng draws(6);
  const Tensor images = rand({3, 1, 8, 8}, draws);
  Rng a(7), b(7);
  const auto first = warp_randomly(images, a).to_vector<float>();
  EXPECT_EQ(first, warp_randomly(images, b).to_vector<float>());
  EXPECT_EQ(a.position(), 6u);
  EXPECT_NE(first, warp_randomly(images, a).to_vector<float>());
}

TEST(WarpTest, TakesImagesByTheirStrides) {
  Rng draws(8), a(9), b(9);
  const Tensor images = permute(rand({3, 1, 6, 8}, draws), {0, 1, 3, 2});
  EXPECT_EQ(warp_randomly(images, a).to_vector<float>(),
            warp_randomly(contiguous(images), b).to_vector<float>());
}

TEST(WarpTest, RefusesWhatIsNoStackOfGreyImages) {
  Rng rng(1);
  ExpectError(ErrorCode::kShape,
              "warp_randomly: images of shape [2, 3, 8, 8]; need [n, 1, height, width]", [&] {
                warp_randomly(zeros({2, 3, 8, 8}), rng);
              });
  ExpectError(ErrorCode::kDType, "warp_randomly: images of float64; need float32", [&] {
    warp_randomly(zeros({2, 1, 8, 8}, {.dtype = DType::kFloat64}), rng);
  });
}

}  // namespace
}  // namespace prova

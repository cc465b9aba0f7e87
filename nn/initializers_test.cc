#include "nn/initializers.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "base/testing.h"

namespace prova {
namespace {

struct Moments {
  double mean = 0, variance = 0, low = 0, high = 0;
};

Moments MomentsOf(const Tensor& x) {
  const std::vector<double> values = x.to_vector<double>();
  const double n = static_cast<double>(values.size());
  Moments m{.low = *std::ranges::min_element(values), .high = *std::ranges::max_element(values)};
  for (double value : values) m.mean += value / n;
  for (double value : values) m.variance += (value - m.mean) * (value - m.mean) / n;
  return m;
}

/// How many standard errors may separate an estimate from the truth: 1 in 10^8 by chance, and the
/// seeds are fixed.
constexpr double kErrors = 6;

/// The mean of n draws has variance v / n; their variance has variance (kurtosis - 1) v^2 / n.
void ExpectMoments(const Tensor& x, double variance, double kurtosis) {
  const Moments m = MomentsOf(x);
  const double n = static_cast<double>(x.numel());
  EXPECT_LE(std::abs(m.mean), kErrors * std::sqrt(variance / n));
  EXPECT_LE(std::abs(m.variance - variance), kErrors * variance * std::sqrt((kurtosis - 1) / n));
}

constexpr double kNormalKurtosis = 3, kUniformKurtosis = 1.8;

/// Linear [out, in] with unlike fans, and a convolution [out, in/groups, 3, 5].
const Shape kLinear = {200, 500};
const Shape kConv = {64, 100, 3, 5};

TEST(Initializers, FanOfLinearAndConvolution) {
  EXPECT_EQ(fan_of(kLinear).in, 500);
  EXPECT_EQ(fan_of(kLinear).out, 200);
  EXPECT_EQ(fan_of(kConv).in, 1500);
  EXPECT_EQ(fan_of(kConv).out, 960);
  ExpectError(ErrorCode::kShape,
              "fan_of: a weight of shape [3]; need [out, in] or [out, in/groups, *kernel]",
              [] { fan_of({3}); });
}

TEST(Initializers, HeHasVarianceTwoOverFanIn) {
  Rng rng(1);
  ExpectMoments(he_normal(kLinear, rng), 2.0 / 500, kNormalKurtosis);
  ExpectMoments(he_normal(kConv, rng), 2.0 / 1500, kNormalKurtosis);
  ExpectMoments(he_uniform(kLinear, rng), 2.0 / 500, kUniformKurtosis);
  ExpectMoments(he_uniform(kConv, rng), 2.0 / 1500, kUniformKurtosis);
}

TEST(Initializers, XavierHasVarianceTwoOverBothFans) {
  Rng rng(2);
  ExpectMoments(xavier_normal(kLinear, rng), 2.0 / 700, kNormalKurtosis);
  ExpectMoments(xavier_normal(kConv, rng), 2.0 / 2460, kNormalKurtosis);
  ExpectMoments(xavier_uniform(kLinear, rng), 2.0 / 700, kUniformKurtosis);
  ExpectMoments(xavier_uniform(kConv, rng), 2.0 / 2460, kUniformKurtosis);
}

TEST(Initializers, UniformFillsItsIntervalAndNormalGoesBeyond) {
  Rng rng(3);
  const double bound = std::sqrt(6.0 / 500);
  const Moments uniform = MomentsOf(he_uniform(kLinear, rng));
  // The largest of n draws misses the bound by more than 20/n of the width with chance e^-20.
  const double gap = 2 * bound * 20 / 1e5;
  EXPECT_GE(uniform.low, -bound);
  EXPECT_LE(uniform.high, bound);
  EXPECT_LE(uniform.low, -bound + gap);
  EXPECT_GE(uniform.high, bound - gap);
  EXPECT_GT(MomentsOf(he_normal(kLinear, rng)).high, 1.5 * bound);
}

TEST(Initializers, OneSeedGivesOneTensorAndEachDrawAnother) {
  Rng a(4), b(4);
  const std::vector<float> first = he_normal({8, 8}, a).to_vector<float>();
  EXPECT_EQ(first, he_normal({8, 8}, b).to_vector<float>());
  EXPECT_NE(first, he_normal({8, 8}, b).to_vector<float>());
}

TEST(Initializers, DTypesAreFloating) {
  Rng rng(5);
  for (DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
    const Tensor weight = xavier_uniform(kLinear, rng, dtype);
    EXPECT_EQ(weight.dtype(), dtype);
    ExpectMoments(weight, 2.0 / 700, kUniformKurtosis);
  }
  EXPECT_THROW(he_normal(kLinear, rng, DType::kInt32), Error);
}

}  // namespace
}  // namespace prova

#include "bench/statistics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/philox.h"

namespace prova {
namespace {

TEST(Statistics, FiveSamplesByHand) {
  const Summary summary = Summarize({50, 10, 40, 20, 30});
  EXPECT_EQ(summary.count, 5);
  EXPECT_DOUBLE_EQ(summary.mean, 30);
  EXPECT_NEAR(summary.sd, 15.811388, 5e-7);  // sqrt(1000 / 4)
  EXPECT_DOUBLE_EQ(summary.mad, 10);         // of 20, 10, 0, 10, 20
  EXPECT_DOUBLE_EQ(summary.min, 10);
  EXPECT_DOUBLE_EQ(summary.max, 50);
  EXPECT_DOUBLE_EQ(summary.p50, 30);
  EXPECT_DOUBLE_EQ(summary.p95, 48);    // position 3.8
  EXPECT_DOUBLE_EQ(summary.p99, 49.6);  // position 3.96
  EXPECT_EQ(summary.outliers, 0);
}

TEST(Statistics, OneSampleHasNoSpread) {
  const Summary summary = Summarize({7});
  EXPECT_DOUBLE_EQ(summary.mean, 7);
  EXPECT_DOUBLE_EQ(summary.sd, 0);
  EXPECT_DOUBLE_EQ(summary.p99, 7);
  EXPECT_DOUBLE_EQ(summary.median_low, 7);
  EXPECT_DOUBLE_EQ(summary.median_high, 7);
  EXPECT_DOUBLE_EQ(summary.Uncertainty(), 0);
}

TEST(Statistics, EvenCountHasItsMedianBetweenTheMiddleTwo) {
  EXPECT_DOUBLE_EQ(Summarize({4, 1, 3, 2}).p50, 2.5);
  EXPECT_DOUBLE_EQ(Summarize({4, 1, 3, 2}).mad, 1);  // of 1.5, 0.5, 0.5, 1.5
}

TEST(Statistics, FarSampleIsAnOutlierOnEitherSide) {
  // Quartiles 11.25 and 13.75, so fences at 7.5 and 17.5; mirrored below.
  EXPECT_EQ(Summarize({10, 11, 12, 13, 14, 17.6}).outliers, 1);
  EXPECT_EQ(Summarize({10, 11, 12, 13, 14, 17.4}).outliers, 0);
  EXPECT_EQ(Summarize({6.4, 10, 11, 12, 13, 14}).outliers, 1);
  EXPECT_EQ(Summarize({6.6, 10, 11, 12, 13, 14}).outliers, 0);
}

// A 95 % interval of the median holds the true median in 95 of 100 experiments: of 400, between
// 360 and 396 (380 ± 3.7 standard deviations of the binomial, and the bootstrap's own shortfall).
TEST(Statistics, IntervalHoldsTheTrueMedianAsOftenAsItSays) {
  Rng rng(3);
  int held = 0;
  for (int experiment = 0; experiment < 400; ++experiment) {
    std::vector<double> samples(40);
    for (double& sample : samples) {
      const PhiloxCounter words = rng.Take(1)[0];
      sample = 1 - std::log(1 - UniformDouble(words[0], words[1]));  // median 1 + log 2
    }
    const Summary summary = Summarize(samples);
    const double median = 1 + std::log(2.0);
    held += summary.median_low <= median && median <= summary.median_high;
  }
  EXPECT_GE(held, 360);
  EXPECT_LE(held, 396);
}

TEST(Statistics, IntervalIsTheSameEveryTimeAndNarrowsWithSamples) {
  std::vector<double> few, many;
  for (int i = 0; i < 400; ++i) {
    const double sample = 100 + (i * 37) % 101;
    if (i < 20) few.push_back(sample);
    many.push_back(sample);
  }
  EXPECT_EQ(Summarize(few).median_low, Summarize(few).median_low);
  EXPECT_LT(Summarize(many).Uncertainty(), Summarize(few).Uncertainty() / 2);
}

}  // namespace
}  // namespace prova

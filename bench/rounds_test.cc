#include "bench/rounds.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <gtest/gtest.h>

#include "bench/plant.h"

namespace prova {
namespace {

using Clock = std::chrono::steady_clock;

std::function<void()> Spin(double seconds) {
  return [seconds] {
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (Clock::now() < end) continue;
  };
}

const RoundsOptions kManyShortRounds = {
    .seconds_each = 10, .sample_seconds = 2e-4, .precision = 0, .most_rounds = 60};

double Least(const Contender& contender) {
  return *std::min_element(contender.seconds.begin(), contender.seconds.end());
}

TEST(Rounds, MeasuresEachContenderInEachRound) {
  std::vector<Contender> contenders = {{.name = "short", .run = Spin(50e-6)},
                                       {.name = "long", .run = Spin(400e-6)}};
  MeasureInRounds(contenders, kManyShortRounds);
  for (const Contender& contender : contenders) EXPECT_EQ(contender.seconds.size(), 60u);
  // The least of so many is undisturbed on a busy machine too; the rest is for clock and calls.
  EXPECT_NEAR(Least(contenders[0]), 50e-6, 5e-6);
  EXPECT_NEAR(Least(contenders[1]), 400e-6, 20e-6);
}

TEST(Rounds, ProbesBesideEachSampleTellWhatDisturbedIt) {
  int runs = 0;
  RoundsOptions options = kManyShortRounds;
  // A probe is two runs. The first finds cold caches; every third probe is slow in both, which with
  // two probes a sample makes two samples of three.
  options.probe = [&runs] {
    const bool cold = runs % 2 == 0, slow = runs / 2 % 3 == 2;
    Spin(cold || slow ? 200e-6 : 20e-6)();
    ++runs;
  };
  std::vector<Contender> contenders = {{.name = "short", .run = Spin(50e-6)}};
  MeasureInRounds(contenders, options);
  ASSERT_EQ(contenders[0].probes.size(), contenders[0].seconds.size());
  EXPECT_EQ(runs, 240);
  const auto slow = std::count_if(contenders[0].probes.begin(), contenders[0].probes.end(),
                                  [](double seconds) { return seconds >= 200e-6; });
  EXPECT_GE(slow, 40);
  EXPECT_LT(slow, 60);                             // A busy machine may slow some of the others.
  EXPECT_NEAR(Least(contenders[0]), 50e-6, 5e-6);  // The probe is no part of the sample.
}

TEST(Rounds, SampleIsLongEnoughForTheTimer) {
  std::vector<Contender> contenders = {{.name = "tiny", .run = Spin(1e-6)}};
  MeasureInRounds(contenders, {.sample_seconds = 1e-3, .precision = 0, .most_rounds = 2});
  EXPECT_GE(contenders[0].iterations, 200);
}

TEST(Rounds, EndsWhenTheIntervalIsNarrow) {
  std::vector<Contender> contenders = {
      {.name = "steady", .elsewhere = [](int64_t) { return 1.0; }}};
  MeasureInRounds(contenders, {.seconds_each = 60});
  EXPECT_EQ(contenders[0].seconds.size(), 10u);
}

TEST(Rounds, EndsWhenTimeIsUp) {
  int calls = 0;
  std::vector<Contender> contenders = {
      {.name = "wild", .elsewhere = [&](int64_t) { return ++calls % 2 ? 1.0 : 9.0; }}};
  const auto start = Clock::now();
  MeasureInRounds(contenders, {.seconds_each = 0.05, .most_rounds = 100000});
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - start).count(), 20);
  EXPECT_GE(contenders[0].seconds.size(), 10u);
}

TEST(Rounds, RatioIsThatOfARoundWhereMediansComeFromDifferentOnes) {
  const Contender fast = {.name = "fast", .seconds = {1, 2, 1, 2, 1, 7}};
  const Contender slow = {.name = "slow", .seconds = {1.2, 2.4, 1.2, 2.4, 2.4}};
  EXPECT_NEAR(RatioInRounds(slow, fast).p50, 1.2, 1e-12);
  EXPECT_NEAR(RatioInRounds(slow, fast).max, 2.4, 1e-12);
  EXPECT_EQ(RatioInRounds(slow, fast).count, 5);  // the sixth round had one of them alone
}

TEST(Rounds, OnlyTheFastestWayOfALibraryGoesOn) {
  const auto way = [](const char* name, const char* group, double seconds) -> Contender {
    return {.name = name, .elsewhere = [seconds](int64_t) { return seconds; }, .group = group};
  };
  std::vector<Contender> contenders = {way("prova", "", 3), way("one/slow", "one", 2),
                                       way("one/fast", "one", 1), way("two", "two", 9)};
  MeasureInRounds(contenders, {});
  EXPECT_FALSE(contenders[0].retired);
  EXPECT_TRUE(contenders[1].retired);
  EXPECT_FALSE(contenders[2].retired);
  EXPECT_FALSE(contenders[3].retired);
  EXPECT_LT(contenders[1].seconds.size(), contenders[2].seconds.size());
}

TEST(Rounds, ContenderWithFewRoundsStopsEarly) {
  std::vector<Contender> contenders = {
      {.name = "many", .elsewhere = [](int64_t) { return 1.0; }},
      {.name = "few", .elsewhere = [](int64_t) { return 1.0; }, .most_rounds = 5}};
  MeasureInRounds(contenders, {.precision = 0, .most_rounds = 9});
  EXPECT_EQ(contenders[0].seconds.size(), 9u);
  EXPECT_EQ(contenders[1].seconds.size(), 5u);
}

TEST(Plant, SlowsTheRowsThatItNamesAndNoOthers) {
  setenv("PROVA_BENCH_PLANT", "matmul/square:1.3", 1);
  std::vector<Contender> contenders = {
      {.name = "planted", .run = Planted("matmul/square_512/float32/simd", Spin(200e-6))},
      {.name = "other", .run = Planted("softmax/square/float32/simd", Spin(200e-6))},
      {.name = "reference", .run = Planted("matmul/square_512/float32/reference", Spin(200e-6))}};
  unsetenv("PROVA_BENCH_PLANT");
  MeasureInRounds(contenders, kManyShortRounds);
  EXPECT_NEAR(Least(contenders[0]) / Least(contenders[1]), 1.3, 0.05);
  EXPECT_NEAR(Least(contenders[2]) / Least(contenders[1]), 1, 0.05);
}

}  // namespace
}  // namespace prova

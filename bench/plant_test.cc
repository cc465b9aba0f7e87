#include "bench/plant.h"

#include <chrono>
#include <cstdlib>

#include <gtest/gtest.h>

namespace prova {
namespace {

using Clock = std::chrono::steady_clock;

class Plant : public testing::Test {
 protected:
  void SetUp() override { setenv("PROVA_BENCH_PLANT", "exp/x_64:1.3", 1); }
  void TearDown() override { unsetenv("PROVA_BENCH_PLANT"); }

  /// How often `row` ran in a thousand calls, with what planting itself ran left out.
  int RunsOf(const std::string& row) {
    int runs = 0;
    const auto planted = Planted(row, [&runs] { ++runs; });
    runs = 0;
    for (int call = 0; call < 1000; ++call) planted();
    return runs;
  }
};

TEST_F(Plant, RepeatsWhatIsQuick) { EXPECT_NEAR(RunsOf("exp/x_64/float32/simd"), 1300, 1); }

TEST_F(Plant, LeavesOtherRowsAlone) {
  EXPECT_EQ(RunsOf("exp/x_65/float32/simd"), 1000);
  EXPECT_EQ(RunsOf("exp/x_64/float32/reference"), 1000);
  unsetenv("PROVA_BENCH_PLANT");
  EXPECT_EQ(RunsOf("exp/x_64/float32/simd"), 1000);
}

TEST_F(Plant, WaitsAfterWhatTakesLong) {
  static constexpr auto kLong = std::chrono::microseconds(100);
  int runs = 0;
  const auto planted = Planted("exp/x_64/float32/simd", [&runs] {
    ++runs;
    for (const auto end = Clock::now() + kLong; Clock::now() < end;) continue;
  });
  runs = 0;
  const auto start = Clock::now();
  for (int call = 0; call < 20; ++call) planted();
  EXPECT_GE(Clock::now() - start, 20 * 1.3 * kLong);
  EXPECT_EQ(runs, 20);
}

}  // namespace
}  // namespace prova

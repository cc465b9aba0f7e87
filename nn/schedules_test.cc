#include "nn/schedules.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace prova {
namespace {

TEST(Schedules, ConstantIsOne) {
  EXPECT_EQ(constant_schedule(0), 1);
  EXPECT_EQ(constant_schedule(1'000'000), 1);
}

TEST(Schedules, CosineWarmsUpInEqualSteps) {
  const CosineScheduleOptions options{.warmup = 4, .total = 12};
  EXPECT_EQ(cosine_schedule(0, options), 0.25);
  EXPECT_EQ(cosine_schedule(1, options), 0.5);
  EXPECT_EQ(cosine_schedule(3, options), 1);
  EXPECT_EQ(cosine_schedule(4, options), 1);
}

TEST(Schedules, CosineFallsFromOneToItsFloorAndStays) {
  const CosineScheduleOptions options{.warmup = 4, .total = 12, .floor = 0.2};
  // At a third, a half and two thirds of the fall the cosine is 1/2, 0 and -1/2.
  EXPECT_NEAR(cosine_schedule(8, options), 0.6, 1e-15);
  EXPECT_NEAR(cosine_schedule(2, {.total = 6}), 0.75, 1e-15);
  EXPECT_NEAR(cosine_schedule(4, {.total = 6}), 0.25, 1e-15);
  EXPECT_DOUBLE_EQ(cosine_schedule(12, options), 0.2);
  EXPECT_DOUBLE_EQ(cosine_schedule(1000, options), 0.2);
}

TEST(Schedules, OptionsOutsideTheirRangeAreRefused) {
  ExpectError(ErrorCode::kValue, "cosine_schedule: step -1; need step >= 0",
              [] { cosine_schedule(-1, {.total = 5}); });
  ExpectError(ErrorCode::kValue, "cosine_schedule: warmup 5 and total 5; need 0 <= warmup < total",
              [] { cosine_schedule(0, {.warmup = 5, .total = 5}); });
  ExpectError(ErrorCode::kValue, "cosine_schedule: floor 1.5; need 0 <= floor <= 1",
              [] { cosine_schedule(0, {.total = 5, .floor = 1.5}); });
}

}  // namespace
}  // namespace prova

#include "bench/ceilings.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace prova {
namespace {

const Ceilings kMachine = {.threads = 1,
                           .flops32 = 100,
                           .flops64 = 50,
                           .levels = {{"L1", 1000, 20, 10}, {"memory", INT64_MAX, 4, 2}}};

TEST(BoundOf, TakesWhatBinds) {
  const Bound compute = BoundOf(kMachine, DType::kFloat32, 10000, 1000, 0);
  EXPECT_EQ(compute.name, "fma");
  EXPECT_DOUBLE_EQ(compute.seconds, 100);
  EXPECT_DOUBLE_EQ(BoundOf(kMachine, DType::kFloat64, 10000, 1000, 0).seconds, 200);
  const Bound nearby = BoundOf(kMachine, DType::kFloat32, 0, 1000, 0);
  EXPECT_EQ(nearby.name, "L1");
  EXPECT_DOUBLE_EQ(nearby.seconds, 50);
  EXPECT_EQ(BoundOf(kMachine, DType::kFloat32, 0, 1001, 0).name, "memory");
}

TEST(BoundOf, PairsWhatIsWrittenWithWhatIsRead) {
  EXPECT_DOUBLE_EQ(BoundOf(kMachine, DType::kFloat32, 0, 900, 300).seconds,
                   600.0 / 10 + 300.0 / 20);
  EXPECT_DOUBLE_EQ(BoundOf(kMachine, DType::kFloat32, 0, 900, 900).seconds, 90);  // only written
}

// What must hold on any machine: two threads are not slower than one by half, nearer data are not
// slower by half, doubles are not faster.
TEST(Ceilings, AreInOrder) {
  const Ceilings one = MeasureCeilings(1);
  EXPECT_GT(one.flops32, 1e8);
  EXPECT_LT(one.flops64, 1.1 * one.flops32);
  ASSERT_EQ(one.levels.size(), 4u);
  EXPECT_GT(one.levels[0].read, one.levels[3].read / 2);
  EXPECT_GT(one.levels[0].copy, one.levels[3].copy / 2);
  for (size_t i = 1; i < one.levels.size(); ++i) {
    EXPECT_GT(one.levels[i].capacity, one.levels[i - 1].capacity);
  }
  EXPECT_GT(MeasureCeilings(2).flops32, one.flops32 / 2);
}

TEST(InstructionSet, HasANameForItsBaselines) {
  const std::string name = InstructionSet();
  EXPECT_TRUE(name == "avx512" || name == "avx2" || name == "emu128" || name == "neon") << name;
}

TEST(InstructionSet, CanBeLimited) {
  const double before = MeasureCeilings(1).flops32;
  LimitInstructionSet("emu128");
  EXPECT_EQ(InstructionSet(), "emu128");
  EXPECT_LT(MeasureCeilings(1).flops32, before);
  EXPECT_THROW(LimitInstructionSet("sse9"), Error);
}

}  // namespace
}  // namespace prova

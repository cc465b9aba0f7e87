#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "cuda/harness/memory.h"
#include "cuda/harness/planted_faults.h"
#include "cuda/harness/testing.h"

namespace prova::cuda {
namespace {

constexpr int kRows = 3, kCols = 100;

/// The sums of three rows 0, 1, …, 299 by a kernel with this fault.
template <Planted fault>
std::vector<float> Sums() {
  std::vector<float> numbers(kRows * kCols);
  std::iota(numbers.begin(), numbers.end(), 0.f);
  const DeviceArray<float> x(numbers), y{std::vector<float>(kRows)};
  Enter("sum_rows", 0);
  Launch({dim3(kRows), dim3(kSumThreads)}, SumRows<fault>, x.data(), y.data(), kCols);
  return y.values();
}

class Faults : public testing::TestWithParam<int> {
 protected:
  Faults() { LinkedRuntime()->UseSchedule(GetParam()); }
  ~Faults() override { LinkedRuntime()->UseSchedule(0); }
  /// What the first of the schedules, the second, … should say of a fault.
  template <Planted fault>
  void ExpectCaught(const std::vector<std::string>& texts) {
    ExpectError(ErrorCode::kDevice, "sum_rows: " + texts[GetParam()], [] { Sums<fault>(); });
  }
};

TEST_P(Faults, NoneInTheKernelAsItShouldBe) {
  EXPECT_EQ(Sums<Planted::kNothing>(), (std::vector<float>{4950, 14950, 24950}));
}

TEST_P(Faults, AMissingBarrierIsNamed) {
  ExpectCaught<Planted::kMissingBarrier>(
      {"thread (0, 0, 0) of block (0, 0, 0) reads an element of shared memory that no thread has "
       "written",
       "thread (31, 0, 0) of block (2, 0, 0) reads an element of shared memory that another thread "
       "writes, with no barrier between",
       "thread (9, 0, 0) of block (0, 0, 0) reads an element of shared memory that no thread has "
       "written"});
}

TEST_P(Faults, AWrongTailIsCaughtByItsAccessOrByWhatItSums) {
  // Where bytes of a page follow the buffer they are summed, which no tolerance takes for right.
  if (GetParam() == 1) {
    ExpectCaught<Planted::kWrongTail>(
        {"",
         "thread (63, 0, 0) of block (2, 0, 0) reads 108 bytes behind the end of a buffer of 1200 "
         "bytes",
         ""});
  } else {
    EXPECT_LT(Sums<Planted::kWrongTail>()[2], -1e37f);
  }
}

TEST_P(Faults, ARaceOnSharedMemoryIsNamed) {
  const std::string between = " an element of shared memory that another thread ";
  ExpectCaught<Planted::kRace>(
      {"thread (16, 0, 0) of block (0, 0, 0) writes" + between + "reads, with no barrier between",
       "thread (31, 0, 0) of block (2, 0, 0) reads" + between + "writes, with no barrier between",
       "thread (26, 0, 0) of block (0, 0, 0) reads" + between + "writes, with no barrier between"});
}

INSTANTIATE_TEST_SUITE_P(OfSchedules, Faults, testing::Values(0, 1, 2));

}  // namespace
}  // namespace prova::cuda

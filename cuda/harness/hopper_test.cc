#include "cuda/hopper.h"

#include <array>
#include <bit>
#include <string>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "base/text.h"
#include "cuda/harness/testing.h"

namespace prova::cuda {
namespace {

constexpr int kThreads = 2 * kGroupThreads, kCols = 128;
constexpr int kBytesOfA = kCoreRows * kLineBytes, kBytesOfB = kCols * kLineBytes;
constexpr size_t kSharedBytes = kPatternBytes + 2 * (kBytesOfA + kBytesOfB);

/// What is wrong with `Product`, on purpose.
enum class Planted {
  kNothing,
  kNoWaitForCopy,
  kWrongPhase,
  kTooFewBytes,
  kTooManyBytes,
  kNoPublish,
  kNoBlockBarrier,
  kNoWaitForProducts,
  kNoFence,
  kReadsTooEarly,
  kOverwritesTooEarly,
  kTellsTooEarly,
  kOneWarpTells,
  kWrongPattern,
  kTileWithinPattern,
  kTileElsewhere,
  kTileOutside,
  kUnalignedCopy,
  kThreadMissing,
  kOtherTile,
  kCopyLeftBehind,
  kNotInitialised,
  kNoArrivals,
  kTwoCopies,
  kCopyOutside,
  kNoMap,
  kAddsToNothing,
  kOddRegisters,
};

/// As the CPU sees bfloat16: the upper half of a float.
uint16_t Upper(float value) { return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16); }
float Number(int i) { return static_cast<float>(i * 7 % 11 - 5); }

// #region kernel
/// y = a bᵀ over 128 terms, half of them at a time: group 1 copies, group 0 multiplies, through one
/// stage of shared memory.
template <Planted fault>
__global__ void Product(const __grid_constant__ TensorMap a_map,
                        const __grid_constant__ TensorMap b_map, float* y) {
  __shared__ PhaseBarrier full, empty, other;
  const int thread = static_cast<int>(threadIdx.x), group = thread / kGroupThreads;
  if (thread == 0) {
    if (fault != Planted::kNotInitialised) full.Init(1);
    empty.Init(fault == Planted::kNoArrivals ? 0 : fault == Planted::kOneWarpTells ? 1 : 4);
    other.Init(1);
    if (fault != Planted::kNoPublish) PublishBarriers();
  }
  if (fault != Planted::kNoBlockBarrier) __syncthreads();
  const uint32_t a = FirstTile(), b = a + kBytesOfA;
  if (group == 1) {
    if (thread > kGroupThreads) return;
    for (int round = 0; round < 2; ++round) {
      if (fault != Planted::kOverwritesTooEarly) empty.Wait(round % 2 ^ 1);
      full.ArriveExpecting(kBytesOfA + kBytesOfB - (fault == Planted::kTooFewBytes ? 16 : 0) +
                           (fault == Planted::kTooManyBytes ? 16 : 0));
      CopyToTile(a + (fault == Planted::kUnalignedCopy ? 64 : 0), a_map, 64 * round, 0, 0, full);
      CopyToTile(b, b_map, 64 * round, 0, 0, full);
      if (fault == Planted::kTwoCopies) CopyToTile(b, b_map, 64 * round, 0, 0, full);
      if (fault == Planted::kCopyOutside) CopyToTile(a + kSharedBytes, a_map, 0, 0, 0, other);
      if (fault == Planted::kNoMap) CopyToTile(a, TensorMap{}, 0, 0, 0, other);
    }
    if (fault == Planted::kCopyLeftBehind) CopyToTile(b + kBytesOfB, a_map, 0, 0, 0, other);
    return;
  }
  if (fault == Planted::kOddRegisters) TakeRegisters<100>();
  Sums<kCols> sums;
  for (int round = 0; round < 2; ++round) {
    const int parity = fault == Planted::kWrongPhase ? round % 2 ^ 1 : round % 2;
    if (fault != Planted::kNoWaitForCopy || thread > 0) full.Wait(parity);
    if (fault != Planted::kNoFence) FenceSums(sums);
    for (int part = 0; part < 4; ++part) {
      uint64_t left = DescribeTile(a, kPatternBytes, 0), right = DescribeTile(b, kPatternBytes, 0);
      if (fault == Planted::kWrongPattern) left ^= uint64_t{3} << 62;
      if (fault == Planted::kTileWithinPattern) left = Onward(left, kLineBytes);
      if (fault == Planted::kTileElsewhere) right = Onward(right, kBytesOfB);
      if (fault == Planted::kTileOutside) right = Onward(right, 4 * kBytesOfB);
      if (fault == Planted::kOtherTile && thread == 5) right = Onward(right, 32);
      if (fault == Planted::kThreadMissing && thread == 5) return;
      MultiplyTiles<CoreElement::kBFloat16, false, false>(
          sums, Onward(left, 32 * part), Onward(right, 32 * part),
          fault == Planted::kAddsToNothing || round > 0 || part > 0);
    }
    CommitProducts();
    if (fault == Planted::kReadsTooEarly && thread == 7) y[0] = sums[0];
    if (fault == Planted::kTellsTooEarly && thread % 32 == 0) empty.Arrive();
    if (fault != Planted::kNoWaitForProducts) WaitForProducts<0>(sums);
    const bool tells = thread % 32 == 0 && (fault != Planted::kOneWarpTells || thread == 0);
    if (fault != Planted::kTellsTooEarly && tells) empty.Arrive();
  }
  for (int i = 0; i < Sums<kCols>::kCount; ++i) y[RowOfSum(i) * kCols + ColOfSum(i)] = sums[i];
}
// #endregion kernel

class Hopper : public testing::TestWithParam<int> {
 protected:
  Hopper() { LinkedRuntime()->UseSchedule(GetParam()); }
  ~Hopper() override { LinkedRuntime()->UseSchedule(0); }

  template <Planted fault>
  void Run() {
    std::vector<uint16_t> left, right;
    for (int i = 0; i < 64 * 128; ++i) left.push_back(Upper(Number(i)));
    for (int i = 0; i < 128 * 128; ++i) right.push_back(Upper(Number(3 * i)));
    const DeviceArray<uint16_t> a(left), b(right);
    const DeviceArray<float> y{std::vector<float>(64 * kCols)};
    const TensorMap a_map = MapOf({CoreElement::kBFloat16, a.data(), 128, 64, 1, 128, 128, 64});
    const TensorMap b_map = MapOf({CoreElement::kBFloat16, b.data(), 128, 128, 1, 128, 128, 128});
    Enter("product", 0);
    Launch({dim3(1), dim3(kThreads), kSharedBytes}, Product<fault>, a_map, b_map, y.data());
    const std::vector<float> got = y.values();
    for (int i = 0; i < 64; ++i) {
      for (int j = 0; j < kCols; ++j) {
        float expected = 0;
        for (int t = 0; t < 128; ++t) expected += Number(i * 128 + t) * Number(3 * (j * 128 + t));
        ASSERT_EQ(got[i * kCols + j], expected) << i << ", " << j;
      }
    }
  }

  /// Expects that a launch ends with a report that has this text.
  template <Planted fault>
  void ExpectReport(const std::string& text) {
    try {
      Run<fault>();
      ADD_FAILURE() << "no report: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDevice);
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  }
};

TEST_P(Hopper, MultipliesWhatItCopies) { Run<Planted::kNothing>(); }

TEST_P(Hopper, ReportsAProductThatDoesNotWaitForItsCopy) {
  ExpectReport<Planted::kNoWaitForCopy>(
      "thread (0, 0, 0) of block (0, 0, 0) multiplies shared memory without having waited for the "
      "bulk copy that filled it");
}

TEST_P(Hopper, ReportsABarrierThatExpectsTooFewBytes) {
  ExpectReport<Planted::kTooFewBytes>("0 arrivals and -16 bytes are missing");
}

TEST_P(Hopper, ReportsABarrierThatExpectsTooManyBytes) {
  ExpectReport<Planted::kTooManyBytes>("0 arrivals and 16 bytes are missing");
}

TEST_P(Hopper, ReportsABarrierThatNobodyInitialised) {
  ExpectReport<Planted::kNotInitialised>("uses a phase barrier that no thread has initialised");
}

TEST_P(Hopper, ReportsABarrierThatTheCopyEngineDoesNotSee) {
  ExpectReport<Planted::kNoPublish>("copies to a phase barrier that was not published");
}

TEST_P(Hopper, ReportsACopyThatNobodyWaitsFor) {
  ExpectReport<Planted::kCopyLeftBehind>(
      "block (0, 0, 0) returns without having waited for a bulk copy");
}

TEST_P(Hopper, ReportsAnUnalignedCopy) {
  ExpectReport<Planted::kUnalignedCopy>("copies to a tile that is not aligned to 128 bytes");
}

TEST_P(Hopper, ReportsSumsWithoutAFence) {
  ExpectReport<Planted::kNoFence>("multiplies into sums that were touched since the last fence");
}

TEST_P(Hopper, ReportsSumsThatAreReadTooEarly) {
  ExpectReport<Planted::kReadsTooEarly>(
      "thread (7, 0, 0) of block (0, 0, 0) reads sums whose products have not been waited for");
}

TEST_P(Hopper, ReportsACopyOverWhatIsStillMultiplied) {
  ExpectReport<Planted::kNoWaitForProducts>(
      "copies to where products read that are not known to be finished");
}

TEST_P(Hopper, ReportsAnArrivalBeforeProductsHaveFinished) {
  ExpectReport<Planted::kTellsTooEarly>(
      "copies to where products read that are not known to be finished");
}

TEST_P(Hopper, ReportsAWarpThatSpeaksForOthers) {
  ExpectReport<Planted::kOneWarpTells>(
      "copies to where products read that are not known to be finished");
}

TEST_P(Hopper, ReportsAProductThatAThreadDoesNotReach) {
  ExpectReport<Planted::kThreadMissing>("which not all threads reach");
}

TEST_P(Hopper, ReportsAThreadThatMultipliesAnotherTile) {
  ExpectReport<Planted::kOtherTile>(
      "thread (5, 0, 0) of block (0, 0, 0) multiplies other tiles than the rest of its warp group");
}

TEST_P(Hopper, ReportsATileOfAnotherPattern) {
  ExpectReport<Planted::kWrongPattern>(
      "multiplies a tile of another pattern than that of 128 bytes");
}

TEST_P(Hopper, ReportsATileThatBeginsWithinAPattern) {
  ExpectReport<Planted::kTileWithinPattern>(
      "multiplies a tile that does not begin with a pattern of 1024 bytes");
}

TEST_P(Hopper, ReportsATileThatNobodyFilled) {
  ExpectReport<Planted::kTileElsewhere>("multiplies shared memory that no bulk copy has filled");
}

TEST_P(Hopper, ReportsATileOutsideOfSharedMemory) {
  ExpectReport<Planted::kTileOutside>(
      "multiplies a tile outside of the block's dynamic shared memory");
}

TEST_P(Hopper, ReportsABarrierOfNobody) {
  ExpectReport<Planted::kNoArrivals>("initialises a phase barrier for less than one arrival");
}

TEST_P(Hopper, ReportsACopyOutsideOfSharedMemory) {
  ExpectReport<Planted::kCopyOutside>("copies to outside of the block's dynamic shared memory");
}

TEST_P(Hopper, ReportsACopyWithoutAMap) {
  ExpectReport<Planted::kNoMap>("copies by a tensor map that nobody made");
}

TEST_P(Hopper, ReportsSumsThatNoProductHasSet) {
  ExpectReport<Planted::kAddsToNothing>("adds to sums that no product has set");
}

TEST_P(Hopper, ReportsAnOddNumberOfRegisters) {
  ExpectReport<Planted::kOddRegisters>(
      "asks for registers that are no multiple of 8 from 24 to 256");
}

// Where copies land at once, it is the second that nobody waits for.
TEST_P(Hopper, ReportsTwoCopiesToOnePlace) {
  ExpectReport<Planted::kTwoCopies>(
      GetParam() == 1
          ? "multiplies shared memory without having waited for the bulk copy that filled it"
          : "copies to where another bulk copy still writes");
}

// Which of these is said depends on who comes first.
TEST_P(Hopper, ReportsAWaitForTheWrongPhase) {
  ExpectReport<Planted::kWrongPhase>(std::array{
      "multiplies shared memory that no bulk copy has filled", "which not all threads reach",
      "multiplies shared memory that a bulk copy still writes"}[GetParam()]);
}

TEST_P(Hopper, ReportsACopyThatDoesNotWaitForItsTurn) {
  ExpectReport<Planted::kOverwritesTooEarly>(
      GetParam() == 1 ? "1 arrivals and 0 bytes are missing"
                      : "arrives at a phase barrier where nobody is missing");
}

TEST_P(Hopper, ReportsABarrierThatAnotherThreadInitialises) {
  ExpectReport<Planted::kNoBlockBarrier>(
      GetParam() == 0
          ? "uses a phase barrier that another thread initialises, with no barrier between"
          : "uses a phase barrier that no thread has initialised");
}

INSTANTIATE_TEST_SUITE_P(OfSchedules, Hopper, testing::Values(0, 1, 2));

TEST(Hopper, RefusesAWarpGroupThatIsNotWhole) {
  ExpectError(ErrorCode::kDevice,
              "test: thread (128, 0, 0) of block (0, 0, 0) is in a warp group that is not whole",
              [] {
                harness::OnThreads(200, [](int i) {
                  if (i >= 128) GiveRegisters<24>();
                  return 0;
                });
              });
}

/// Everything that a driver has against a map.
TEST(TensorMap, IsRefusedWhereTheCopyEngineCannotReach) {
  const DeviceArray<float> x{std::vector<float>(64)};
  const MatricesInMemory good = {CoreElement::kTf32, x.data(), 16, 4, 1, 16, 64, 4};
  Enter("map", 0);
  MapOf(good);
  const auto expect = [&](const char* problem, auto spoil) {
    MatricesInMemory bad = good;
    spoil(bad);
    ExpectError(ErrorCode::kDevice, Cat("map: the GPU refuses a tensor map: ", problem),
                [&] { MapOf(bad); });
  };
  expect("its address is no multiple of 16", [&](auto& bad) { bad.first = x.data() + 1; });
  const char* sizes = "its sizes are not from 1 to 2^32";
  expect(sizes, [](auto& bad) { bad.length = 0; });
  expect(sizes, [](auto& bad) { bad.lines = (int64_t{1} << 32) + 1; });
  expect(sizes, [](auto& bad) { bad.matrices = 0; });
  const char* strides = "its strides are no multiples of 16 below 2^40";
  expect(strides, [](auto& bad) { bad.line_step = 17; });
  expect(strides, [](auto& bad) { bad.matrix_step = -16; });
  expect(strides, [](auto& bad) { bad.matrix_step = int64_t{1} << 38; });
  expect("its box is not of 1 to 256 lines", [](auto& bad) { bad.lines_at_once = 257; });
}

}  // namespace
}  // namespace prova::cuda

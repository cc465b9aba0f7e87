#include <string>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "base/text.h"
#include "cuda/harness/testing.h"

namespace prova::cuda::harness {
namespace {

constexpr unsigned kAll = 0xFFFFFFFF;

/// Expects that a launch ends with "test: " and this text, and that work goes on after it.
template <typename Kernel>
void ExpectReport(const std::string& text, unsigned threads, Kernel kernel,
                  size_t shared_bytes = 0) {
  ExpectError(ErrorCode::kDevice, "test: " + text, [&] {
    RunGrid("test", 1, threads, shared_bytes, [&] { kernel(int(threadIdx.x)); });
  });
  EXPECT_EQ(OnThreads(3, [](int i) { return __shfl_sync(kAll, i + 1, 2); }),
            (std::vector<int>{3, 3, 3}));
}

// --- Barriers ---

TEST(Reports, ABarrierThatNotAllThreadsReach) {
  const int line = __LINE__ + 4;
  ExpectReport(Cat("thread (0, 0, 0) of block (0, 0, 0) waits at __syncthreads in line ", line,
                   ", which not all threads reach (2 of 8 have returned)"),
               8, [](int i) {
                 if (i < 6) __syncthreads();
               });
}

TEST(Reports, BarriersOfDivergedThreads) {
  const int line = __LINE__ + 5;
  ExpectReport(Cat("thread (4, 0, 0) of block (0, 0, 0) reaches __syncthreads in line ", line + 2,
                   ", where others wait at the one in line ", line),
               8, [](int i) {
                 if (i < 4) {
                   __syncthreads();
                 } else {
                   __syncthreads();
                 }
               });
}

TEST(Reports, ABarrierThatOneWarpReachesOnceMore) {
  const int line = __LINE__ + 4;
  ExpectReport(Cat("thread (0, 0, 0) of block (0, 0, 0) waits at __syncthreads in line ", line,
                   ", which not all threads reach (32 of 64 have returned)"),
               64, [](int i) {
                 for (int k = 0; k < (i < 32 ? 3 : 2); ++k) __syncthreads();
               });
}

// --- Warp functions ---

TEST(Reports, AShuffleThatALaneDoesNotReach) {
  const int line = __LINE__ + 5;
  ExpectReport(Cat("thread (0, 0, 0) of block (0, 0, 0) waits at a warp function in line ", line,
                   ", which not all threads reach (1 of 32 have returned)"),
               32, [](int i) {
                 if (i == 31) return;
                 __shfl_xor_sync(kAll, i, 1);
               });
}

TEST(Reports, WarpFunctionsOfDivergedLanes) {
  const int line = __LINE__ + 5;
  ExpectReport(Cat("thread (16, 0, 0) of block (0, 0, 0) reaches a warp function in line ",
                   line + 2, ", where others wait at the one in line ", line),
               32, [](int i) {
                 if (i < 16) {
                   __ballot_sync(kAll, true);
                 } else {
                   __ballot_sync(kAll, false);
                 }
               });
}

TEST(Reports, ALaneThatItsOwnMaskLeavesOut) {
  ExpectReport("thread (2, 0, 0) of block (0, 0, 0) calls with a mask that leaves out its own lane",
               4, [](int) { __syncwarp(0x3); });
}

TEST(Reports, AMaskOfLanesThatTheBlockDoesNotHave) {
  ExpectReport(
      "thread (0, 0, 0) of block (0, 0, 0) calls with a mask of lanes that the block does not have",
      4, [](int) { __ballot_sync(0xFF, true); });
}

TEST(Reports, AShuffleFromALaneThatDoesNotTakePart) {
  const std::string text =
      "thread (1, 0, 0) of block (0, 0, 0) asks for the value of a lane that does not take part";
  ExpectReport(text, 2, [](int i) { __shfl_sync(0x3, i, i == 0 ? 1 : 2); });
  // The last warp of the block is short.
  ExpectReport(text, 3, [](int i) { __shfl_sync(kAll, i, i == 1 ? 3 : 0); });
}

TEST(Reports, AShuffleOfAnImpossibleWidth) {
  for (const int width : {0, 12, 64}) {
    ExpectReport(
        "thread (0, 0, 0) of block (0, 0, 0) shuffles in a width that is no power of two up to 32",
        32, [=](int i) { __shfl_sync(kAll, i, 0, width); });
  }
}

// --- Shared memory ---

TEST(Reports, AReadOfSharedMemoryThatNobodyWrote) {
  const std::string text =
      "thread (3, 0, 0) of block (0, 0, 0) reads an element of shared memory that no thread has "
      "written";
  const auto kernel = [](int i) {
    __shared__ SharedArray<int, 4> memory;
    const auto values = memory.view();
    if (i < 3) values[i] = i;
    __syncthreads();
    [[maybe_unused]] const int value = values[i];
  };
  ExpectReport(text, 4, kernel);
  // What another launch or block left there does not count as written.
  OnThreads(4, [](int i) {
    __shared__ SharedArray<int, 4> memory;
    memory.view()[i] = i;
    return i;
  });
  ExpectReport(text, 4, kernel);
  const std::string of_second =
      "test: thread (0, 0, 0) of block (1, 0, 0) reads an element of shared memory that no thread "
      "has written";
  ExpectError(ErrorCode::kDevice, of_second, [] {
    RunGrid("test", 2, 1, 0, [] {
      __shared__ SharedArray<int, 1> memory;
      const auto value = memory.view();
      if (blockIdx.x == 0) value[0] = 1;
      [[maybe_unused]] const int read = value[0];
    });
  });
}

TEST(Reports, AnOperatorThatReadsWhatNobodyWrote) {
  ExpectReport(
      "thread (0, 0, 0) of block (0, 0, 0) reads an element of shared memory that no thread has "
      "written",
      1, [](int) { DynamicShared<int>(0, 1)[0] += 1; }, sizeof(int));
}

constexpr char kOf[] = " of block (0, 0, 0) ";
constexpr char kReadsWritten[] =
    "reads an element of shared memory that another thread writes, with no barrier between";
constexpr char kWritesWritten[] =
    "writes an element of shared memory that another thread writes, with no barrier between";
constexpr char kWritesRead[] =
    "writes an element of shared memory that another thread reads, with no barrier between";

/// Races between thread 1 and another: of its own warp, or not.
class Races : public testing::TestWithParam<int> {
 protected:
  /// `first` in the thread that runs first, `second` in the other; then in the other order.
  template <typename First, typename Second>
  void ExpectRace(const char* problem, First first, Second second) {
    const int other = GetParam();
    for (const bool other_first : {false, true}) {
      SetOrder(other_first ? Order::kDescending : Order::kAscending);
      const int one = other_first ? other : 1, two = other_first ? 1 : other;
      ExpectReport(Cat("thread (", two, ", 0, 0)", kOf, problem), 64, [&](int i) {
        __shared__ SharedArray<int, 2> memory;
        const auto values = memory.view();
        if (i == 2) values[0] = values[1] = 5;
        __syncthreads();
        if (i == one) first(values);
        if (i == two) second(values);
      });
    }
    SetOrder(Order::kAscending);
  }
};

TEST_P(Races, BetweenAWriteAndARead) {
  ExpectRace(
      kReadsWritten, [](const auto& values) { values[0] = 1; },
      [](const auto& values) { [[maybe_unused]] const int value = values[0]; });
}

TEST_P(Races, BetweenAReadAndAWrite) {
  ExpectRace(
      kWritesRead, [](const auto& values) { [[maybe_unused]] const int value = values[0]; },
      [](const auto& values) { values[0] = 1; });
}

TEST_P(Races, BetweenTwoWrites) {
  ExpectRace(
      kWritesWritten, [](const auto& values) { values[0] = 1; },
      [](const auto& values) { values[0] = 1; });
}

TEST_P(Races, ButNotBetweenTwoReadsOrTwoElements) {
  const int other = GetParam();
  const auto sums = OnThreads(64, [=](int i) {
    __shared__ SharedArray<int, 2> memory;
    const auto values = memory.view();
    if (i == 1) values[0] = values[1] = 5;
    __syncthreads();
    int sum = values[0];
    __syncthreads();
    if (i == 0) values[0] = 1;
    if (i == other) values[1] = 2;
    __syncthreads();
    sum += values[0] + values[1];
    return sum;
  });
  EXPECT_EQ(sums, std::vector<int>(64, 8));
}

INSTANTIATE_TEST_SUITE_P(WithinAWarp, Races, testing::Values(31));
INSTANTIATE_TEST_SUITE_P(BetweenWarps, Races, testing::Values(40));

TEST(Reports, AReadOfTheLastOfSeveralReadersIsNotTheOnlyOneThatCounts) {
  // Thread 2 reads last, and may write what it read itself; but others have read it too.
  ExpectReport(Cat("thread (2, 0, 0)", kOf, kWritesRead), 4, [](int i) {
    __shared__ SharedArray<int, 1> memory;
    const auto value = memory.view();
    if (i == 0) value[0] = 1;
    __syncthreads();
    if (i == 3) return;
    [[maybe_unused]] const int read = value[0];
    if (i == 2) value[0] = 2;
  });
}

TEST(Reports, ARaceThatOnlyAShuffleParts) {
  // Lanes meet at a shuffle, but it orders no memory: that takes __syncwarp.
  ExpectReport(Cat("thread (31, 0, 0)", kOf, kReadsWritten), 32, [](int i) {
    __shared__ SharedArray<int, 32> memory;
    const auto values = memory.view();
    values[i] = i;
    __shfl_xor_sync(kAll, i, 1);
    [[maybe_unused]] const int value = values[i ^ 1];
  });
}

TEST(Reports, ARaceThatOnlyAWarpsBarrierParts) {
  // The writer's warp waits for itself, not for the reader's.
  ExpectReport(Cat("thread (31, 0, 0)", kOf, kReadsWritten), 64, [](int i) {
    __shared__ SharedArray<int, 64> memory;
    const auto values = memory.view();
    values[i] = i;
    __syncthreads();
    values[i] = 2 * i;
    __syncwarp();
    [[maybe_unused]] const int value = values[i ^ 32];
  });
}

TEST(Reports, IndicesOutsideOfSharedMemory) {
  for (const int index : {-1, 6}) {
    ExpectReport("thread (0, 0, 0) of block (0, 0, 0) indexes shared memory outside of its size", 1,
                 [=](int) {
                   __shared__ SharedArray<int, 2, 3> memory;
                   memory.view()[index] = 1;
                 });
  }
  ExpectReport(
      "thread (0, 0, 0) of block (0, 0, 0) indexes a column that shared memory does not have", 1,
      [](int) {
        __shared__ SharedArray<int, 2, 3> memory;
        memory.view()(0, 3) = 1;
      });
}

TEST(Reports, PacksOfSharedMemoryThatAreNotAligned) {
  ExpectReport("thread (0, 0, 0) of block (0, 0, 0) moves a misaligned pack of shared memory", 1,
               [](int) {
                 __shared__ SharedArray<float, 8> memory;
                 memory.view().Store<4>(2, {});
               });
}

TEST(Reports, MoreDynamicSharedMemoryThanTheLaunchGave) {
  ExpectReport(
      "thread (0, 0, 0) of block (0, 0, 0) asks for more dynamic shared memory than the launch "
      "gave it",
      1, [](int) { DynamicShared<float>(4, 4); }, 16);
  ExpectReport(
      "thread (0, 0, 0) of block (0, 0, 0) asks for misaligned dynamic shared memory", 1,
      [](int) { DynamicShared<float>(2, 1); }, 16);
}

// --- Launches ---

TEST(Reports, LaunchesThatNoGpuTakes) {
  const auto expect = [](const std::string& given, dim3 grid, dim3 block, size_t bytes) {
    ExpectError(ErrorCode::kDevice,
                "test: a launch of " + given +
                    " bytes of shared memory; need 1 to 1024 threads, at least one block and at "
                    "most 232448 bytes",
                [&] { RunGrid("test", grid, block, bytes, [] { FAIL() << "it ran"; }); });
  };
  expect("(0, 1, 1) blocks of (32, 1, 1) threads with 0", 0, 32, 0);
  expect("(1, 65536, 1) blocks of (32, 1, 1) threads with 0", {1, 65536}, 32, 0);
  expect("(1, 1, 65536) blocks of (32, 1, 1) threads with 0", {1, 1, 65536}, 32, 0);
  expect("(1, 1, 1) blocks of (1025, 1, 1) threads with 0", 1, 1025, 0);
  expect("(1, 1, 1) blocks of (32, 33, 1) threads with 0", 1, {32, 33}, 0);
  expect("(1, 1, 1) blocks of (0, 1, 1) threads with 0", 1, 0, 0);
  expect("(1, 1, 1) blocks of (1, 1, 65) threads with 0", 1, {1, 1, 65}, 0);
  expect("(1, 1, 1) blocks of (32, 1, 1) threads with 232449", 1, 32, 232449);
}

TEST(Reports, AKernelThatLaunchesAKernel) {
  ExpectReport(
      "thread (0, 0, 0) of block (0, 0, 0) launches a kernel, which only the processor does here",
      1, [](int) { RunGrid("inner", 1, 1, 0, [] {}); });
}

TEST(Reports, NameTheThreadInAllAxes) {
  ExpectError(ErrorCode::kDevice,
              "test: thread (1, 2, 3) of block (4, 3, 2) asks for misaligned dynamic shared memory",
              [] {
                RunGrid("test", {5, 4, 3}, {2, 3, 4}, 8, [] {
                  const bool is_last = blockIdx.x == 4 && blockIdx.y == 3 && blockIdx.z == 2;
                  if (is_last && threadIdx.x == 1 && threadIdx.y == 2 && threadIdx.z == 3) {
                    DynamicShared<int>(1, 1);
                  }
                });
              });
}

}  // namespace
}  // namespace prova::cuda::harness

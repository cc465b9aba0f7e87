#include <numeric>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "cuda/harness/testing.h"
#include "cuda/reduce.h"

namespace prova::cuda::harness {
namespace {

constexpr unsigned kAll = 0xFFFFFFFF;

std::vector<int> Numbers(int count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// What each of 32 lanes gets from `kernel(lane)`, beside what `expected(lane)` says.
template <typename Kernel, typename Expected>
void ExpectLanes(Kernel kernel, Expected expected) {
  InEachOrder([&] {
    const auto lanes = OnThreads(32, kernel);
    for (int lane = 0; lane < 32; ++lane) EXPECT_EQ(lanes[lane], expected(lane)) << lane;
  });
}

TEST(Language, EachThreadOfEachBlockRunsOnceWithItsIndices) {
  const dim3 grid(2, 3, 2), block(4, 2, 3);
  InEachOrder([&] {
    std::multiset<unsigned> seen;
    RunGrid("test", grid, block, 0, [&] {
      EXPECT_EQ(gridDim.x * 100 + gridDim.y * 10 + gridDim.z, 232u);
      EXPECT_EQ(blockDim.x * 100 + blockDim.y * 10 + blockDim.z, 423u);
      unsigned number = 0;
      for (const auto& [at, size] : {std::pair{blockIdx.z, gridDim.z},
                                     {blockIdx.y, gridDim.y},
                                     {blockIdx.x, gridDim.x},
                                     {threadIdx.z, blockDim.z},
                                     {threadIdx.y, blockDim.y},
                                     {threadIdx.x, blockDim.x}}) {
        EXPECT_LT(at, size);
        number = number * size + at;
      }
      seen.insert(number);
    });
    const std::vector<int> all = Numbers(2 * 3 * 2 * 4 * 2 * 3);
    EXPECT_EQ(seen, std::multiset<unsigned>(all.begin(), all.end()));
  });
}

TEST(Language, ThreadsRunInTheOrderAskedFor) {
  const auto visited = [](Order order) {
    SetOrder(order);
    std::vector<int> numbers;
    RunGrid("test", 1, 8, 0, [&] { numbers.push_back(static_cast<int>(threadIdx.x)); });
    SetOrder(Order::kAscending);
    return numbers;
  };
  EXPECT_EQ(visited(Order::kAscending), Numbers(8));
  EXPECT_EQ(visited(Order::kDescending), (std::vector<int>{7, 6, 5, 4, 3, 2, 1, 0}));
  std::vector<int> shuffled = visited(Order::kShuffled);
  EXPECT_NE(shuffled, Numbers(8));
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, Numbers(8));
}

TEST(Language, ABarrierLetsEachThreadSeeWhatAllWroteBefore) {
  InEachOrder([] {
    const auto sums = OnThreads(100, [](int i) {
      __shared__ SharedArray<int, 100> memory;
      const auto values = memory.view();
      values[i] = i;
      __syncthreads();
      int sum = 0;
      for (int k = 0; k < 100; ++k) sum += values[k];
      return sum;
    });
    EXPECT_EQ(sums, std::vector<int>(100, 4950));
  });
}

// --- Shuffles: CUDA C++ Programming Guide, "Warp Shuffle Functions" ---

TEST(Language, ShuffleTakesTheValueOfALaneOfItsGroup) {
  ExpectLanes([](int lane) { return __shfl_sync(kAll, lane * 10, 5); }, [](int) { return 50; });
  ExpectLanes([](int lane) { return __shfl_sync(kAll, lane, 3, 8); },
              [](int lane) { return lane / 8 * 8 + 3; });
  // Beyond the group: modulo its width.
  ExpectLanes([](int lane) { return __shfl_sync(kAll, lane, 11, 8); },
              [](int lane) { return lane / 8 * 8 + 3; });
  // Each lane may ask another.
  ExpectLanes([](int lane) { return __shfl_sync(kAll, lane, 31 - lane); },
              [](int lane) { return 31 - lane; });
}

TEST(Language, ShuffleXorExchangesWithinItsGroupAndSeesEarlierOnes) {
  ExpectLanes([](int lane) { return __shfl_xor_sync(kAll, lane, 5); },
              [](int lane) { return lane ^ 5; });
  // Lanes of an odd group see the one before it; those of an even one would look ahead.
  ExpectLanes([](int lane) { return __shfl_xor_sync(kAll, lane, 8, 8); },
              [](int lane) { return lane & 8 ? lane ^ 8 : lane; });
}

TEST(Language, ShuffleUpAndDownKeepTheirOwnValueAtTheEdgesOfAGroup) {
  ExpectLanes([](int lane) { return __shfl_down_sync(kAll, lane, 3); },
              [](int lane) { return lane + 3 < 32 ? lane + 3 : lane; });
  ExpectLanes([](int lane) { return __shfl_down_sync(kAll, lane, 3, 16); },
              [](int lane) { return lane % 16 + 3 < 16 ? lane + 3 : lane; });
  ExpectLanes([](int lane) { return __shfl_up_sync(kAll, lane, 3); },
              [](int lane) { return lane >= 3 ? lane - 3 : lane; });
  ExpectLanes([](int lane) { return __shfl_up_sync(kAll, lane, 3, 4); },
              [](int lane) { return lane % 4 >= 3 ? lane - 3 : lane; });
}

TEST(Language, ShufflesMoveEveryTypeUpToEightBytes) {
  ExpectLanes([](int lane) { return __shfl_xor_sync(kAll, lane + 0.5, 1); },
              [](int lane) { return (lane ^ 1) + 0.5; });
  ExpectLanes([](int lane) { return __shfl_xor_sync(kAll, lane + 0.5f, 1); },
              [](int lane) { return (lane ^ 1) + 0.5f; });
  ExpectLanes([](int lane) { return __shfl_xor_sync(kAll, int64_t{1} << lane, 1); },
              [](int lane) { return int64_t{1} << (lane ^ 1); });
  ExpectLanes([](int lane) { return __shfl_xor_sync(kAll, static_cast<uint8_t>(lane), 1); },
              [](int lane) { return static_cast<uint8_t>(lane ^ 1); });
}

TEST(Language, ShufflesFollowEachOtherWithoutMixingTheirValues) {
  ExpectLanes(
      [](int lane) {
        int sum = 0;
        for (int k = 0; k < 20; ++k) sum += __shfl_xor_sync(kAll, lane * k, 1 + k % 3);
        return sum;
      },
      [](int lane) {
        int sum = 0;
        for (int k = 0; k < 20; ++k) sum += (lane ^ (1 + k % 3)) * k;
        return sum;
      });
}

// --- Votes, masks, partial warps ---

TEST(Language, VotesGatherWhatLanesSay) {
  ExpectLanes([](int lane) { return __ballot_sync(kAll, lane % 3 == 0); },
              [](int) { return 0x49249249u; });
  for (const int yes : {0, 1, 31, 32}) {
    ExpectLanes([=](int lane) { return __any_sync(kAll, lane < yes); },
                [=](int) { return yes > 0; });
    ExpectLanes([=](int lane) { return __all_sync(kAll, lane < yes); },
                [=](int) { return yes == 32; });
  }
}

TEST(Language, LanesOfAMaskMeetWithoutTheOthers) {
  constexpr unsigned kOdd = 0xAAAAAAAA;
  ExpectLanes(
      [](int lane) {
        if (lane % 2 == 0) return __ballot_sync(~kOdd, lane < 8);
        // More often than the others, who do not wait.
        for (int k = 0; k < 3; ++k) __syncwarp(kOdd);
        return __all_sync(kOdd, true) ? __ballot_sync(kOdd, lane < 8) : 0;
      },
      [](int lane) { return lane % 2 == 0 ? 0x55u : 0xAAu; });
}

TEST(Language, AFullMaskInTheLastWarpMeansTheLanesThatAreThere) {
  InEachOrder([] {
    const auto votes = OnThreads(40, [](int) { return __ballot_sync(kAll, true); });
    EXPECT_EQ(votes[0], kAll);
    EXPECT_EQ(votes[39], 0xFFu);
    const auto all = OnThreads(40, [](int i) { return __all_sync(kAll, i >= 0); });
    EXPECT_TRUE(all[39]);
    const auto neighbours = OnThreads(40, [](int i) { return __shfl_xor_sync(kAll, i, 1); });
    EXPECT_EQ(neighbours[39], 38);
  });
}

TEST(Language, SyncwarpOrdersWhatItsLanesWriteAndRead) {
  InEachOrder([] {
    const auto neighbours = OnThreads(64, [](int i) {
      __shared__ SharedArray<int, 64> memory;
      const auto values = memory.view();
      values[i] = i * i;
      __syncwarp();
      const int value = values[i ^ 1];
      return value;
    });
    for (int i = 0; i < 64; ++i) EXPECT_EQ(neighbours[i], (i ^ 1) * (i ^ 1));
  });
}

// --- Bits and atomics ---

TEST(Language, BitsAreCountedAsAGpuDoes) {
  EXPECT_EQ(__popc(0xF0F0), 8);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__ffs(0x50), 5);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__clz(0), 32);
}

TEST(Language, AtomicsReturnWhatWasThere) {
  DeviceArray<int> array({5});
  int* place = array.data();
  std::vector<int> before(6);
  RunGrid("test", 1, 1, 0, [&] {
    before = {atomicAdd(place, 2),  atomicMax(place, 100),  atomicMin(place, 3),
              atomicExch(place, 8), atomicCAS(place, 8, 9), atomicCAS(place, 8, 10)};
    __threadfence();
  });
  EXPECT_EQ(before, (std::vector<int>{5, 7, 100, 3, 8, 9}));
  EXPECT_EQ(array.values(), std::vector<int>{9});
}

TEST(Language, AtomicsOfAllThreadsAddUp) {
  DeviceArray<double> array({0.5});
  InEachOrder([&] { RunGrid("test", 3, 50, 0, [&] { atomicAdd(array.data(), 1); }); });
  EXPECT_EQ(array.values(), std::vector<double>{450.5});
}

// --- Shared memory ---

TEST(Language, SharedMemoryHasTwoAxesAndPacks) {
  const auto seen = OnThreads(8, [](int i) {
    __shared__ SharedArray<float, 8, 4> memory;
    const auto tile = memory.view();
    tile.Store<4>(i * 4, Pack<float, 4>{{i + 0.f, i + 0.25f, i + 0.5f, i + 0.75f}});
    __syncthreads();
    tile(7 - i, 1) += 10;
    __syncthreads();
    const Pack<float, 2> pack = tile.Load<2>(i * 4);
    const float last = tile(i, 3);
    return pack[0] * 100 + pack[1] + last;
  });
  for (int i = 0; i < 8; ++i) EXPECT_EQ(seen[i], i * 100.f + (i + 10.25f) + (i + 0.75f));
}

TEST(Language, DynamicSharedMemoryIsCutIntoViews) {
  std::vector<double> sums(4);
  RunGrid("test", 1, 4, 4 * sizeof(double) + 8 * sizeof(int16_t), [&] {
    const auto doubles = DynamicShared<double>(0, 4);
    const auto shorts = DynamicShared<int16_t, 2>(4 * sizeof(double), 8);
    const int i = static_cast<int>(threadIdx.x);
    doubles[i] = i / 4.0;
    shorts(i, 0) = static_cast<int16_t>(i);
    shorts(i, 1) = static_cast<int16_t>(-2 * i);
    __syncthreads();
    const int other = 3 - i;
    sums[i] = doubles[other] + shorts(other, 0) + shorts(other, 1);
  });
  EXPECT_EQ(sums, (std::vector<double>{-2.25, -1.5, -0.75, 0}));
}

// --- What kernel.h and reduce.h add ---

__global__ void CountVisits(int64_t n, int* visits) {
  for (int64_t i = FirstInGrid(); i < n; i += GridStep()) atomicAdd(&visits[i], 1);
}

TEST(Kernel, GridStrideLoopsVisitEachElementOnce) {
  for (const int n : {1, kBlockThreads - 1, kBlockThreads, kBlockThreads + 1, 3000}) {
    const DeviceArray<int> visits{std::vector<int>(n)};
    Launch(GridFor(n), CountVisits, n, visits.data());
    Launch({dim3(2), dim3(32)}, CountVisits, n, visits.data());
    EXPECT_EQ(visits.values(), std::vector<int>(n, 2));
  }
  EXPECT_EQ(GridFor(0).grid.x, 1u);
  EXPECT_EQ(GridFor(4 * kBlockThreads, 4).grid.x, 1u);
  EXPECT_EQ(GridFor(4 * kBlockThreads + 1, 4).grid.x, 2u);
  EXPECT_EQ(GridFor(int64_t{1} << 40).grid.x, static_cast<unsigned>(kMostBlocks));
}

template <int threads>
void ExpectReductions() {
  InEachOrder([] {
    const auto sums = OnThreads(threads, [](int i) {
      const auto add = [](int a, int b) { return a + b; };
      const auto larger = [](int a, int b) { return std::max(a, b); };
      const int largest = ReduceBlock<threads>(i * 7 % 1000, -1, larger);
      return ReduceBlock<threads>(i, 0, add) * 1000 + largest;
    });
    int largest = 0;
    for (int i = 0; i < threads; ++i) largest = std::max(largest, i * 7 % 1000);
    EXPECT_EQ(sums, std::vector<int>(threads, threads * (threads - 1) / 2 * 1000 + largest));
  });
}

TEST(Kernel, BlocksReduceToTheSameValueInEveryThread) {
  ExpectReductions<32>();
  ExpectReductions<96>();
  ExpectReductions<1024>();
}

TEST(Kernel, ProcessorThreadsLaunchAtOnce) {
  const auto work = [] {
    for (int k = 0; k < 20; ++k) {
      const DeviceArray<int> visits{std::vector<int>(500)};
      Launch(GridFor(500), CountVisits, 500, visits.data());
      EXPECT_EQ(visits.values(), std::vector<int>(500, 1));
    }
  };
  std::thread other(work);
  work();
  other.join();
}

}  // namespace
}  // namespace prova::cuda::harness

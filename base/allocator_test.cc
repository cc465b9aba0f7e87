#include "base/allocator.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing.h"

namespace prova {
namespace {

constexpr size_t kSizes[] = {0, 1, 7, 63, 64, 65, 100, 256, 257, 1000, 4096, 1000003};

/// Each test starts with an empty cache of a known limit, whatever the build's default is.
class AllocatorTest : public testing::Test {
 protected:
  AllocatorTest() {
    ReleaseMemoryCache();
    SetMemoryCacheLimit(int64_t{1} << 24);
  }
};

TEST_F(AllocatorTest, BlocksAreAlignedAndWritable) {
  for (size_t bytes : kSizes) {
    void* block = Allocate(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % kAlignment, 0u);
    std::memset(block, 1, bytes);
    Deallocate(block, bytes);
  }
}

/// The flags of the mapping that holds an address, as /proc/self/smaps writes them.
std::string FlagsOfMapping(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  bool is_inside = false;
  for (std::string line; std::getline(smaps, line);) {
    uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      const auto at = reinterpret_cast<uintptr_t>(address);
      is_inside = begin <= at && at < end;
    } else if (is_inside && line.starts_with("VmFlags:")) {
      return line + " ";
    }
  }
  return "";
}

TEST_F(AllocatorTest, LargeBlocksAskForHugePages) {
  // The second fills two huge pages but for an eighth.
  for (const size_t bytes : {size_t{8} << 20, size_t{7} << 19}) {
    void* large = Allocate(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(large) % (2 << 20), 0u);
    if (std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) {
      const std::string last = FlagsOfMapping(static_cast<char*>(large) + bytes - 1);
      EXPECT_NE(last.find(" hg "), std::string::npos) << last;
    }
    Deallocate(large, bytes);
  }
}

TEST_F(AllocatorTest, LiveBlocksDoNotOverlap) {
  std::vector<unsigned char*> blocks;
  for (size_t bytes : kSizes) {
    blocks.push_back(static_cast<unsigned char*>(Allocate(bytes)));
    std::memset(blocks.back(), static_cast<int>(blocks.size()), bytes);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (size_t j = 0; j < kSizes[i]; ++j) ASSERT_EQ(blocks[i][j], i + 1);
    Deallocate(blocks[i], kSizes[i]);
  }
}

TEST_F(AllocatorTest, AReturnedBlockServesTheNextRequestOfItsSizeClass) {
  void* block = Allocate(1025);
  Deallocate(block, 1025);
  const int64_t hits = memory_stats().cache_hits;
  void* other_class = Allocate(1281);
  EXPECT_NE(other_class, block);
  EXPECT_EQ(memory_stats().cache_hits, hits);
  void* same_class = Allocate(1280);
  EXPECT_EQ(same_class, block);
  EXPECT_EQ(memory_stats().cache_hits, hits + 1);
  Deallocate(same_class, 1280);
  Deallocate(other_class, 1281);
}

TEST_F(AllocatorTest, AtMostAFifthOfALargeBlockIsUnused) {
  for (size_t bytes = 257; bytes < 1000000; bytes += bytes / 37 + 1) {
    const int64_t before = memory_stats().live_bytes;
    void* block = Allocate(bytes);
    const double size = static_cast<double>(memory_stats().live_bytes - before);
    EXPECT_GE(size, static_cast<double>(bytes));
    EXPECT_LE(size - static_cast<double>(bytes), size / 5) << bytes;
    Deallocate(block, bytes);
  }
}

TEST_F(AllocatorTest, StatsFollowBlocksFromUseToCacheToSystem) {
  ResetPeakMemory();
  const MemoryStats start = memory_stats();
  EXPECT_EQ(start.cached_bytes, 0);
  EXPECT_EQ(start.peak_bytes, start.live_bytes);

  void* first = Allocate(4096);
  void* second = Allocate(8192);
  MemoryStats stats = memory_stats();
  EXPECT_EQ(stats.live_bytes, start.live_bytes + 12288);
  EXPECT_EQ(stats.live_blocks, start.live_blocks + 2);
  EXPECT_EQ(stats.allocations, start.allocations + 2);
  EXPECT_EQ(stats.peak_bytes, start.live_bytes + 12288);

  Deallocate(first, 4096);
  Deallocate(second, 8192);
  stats = memory_stats();
  EXPECT_EQ(stats.live_bytes, start.live_bytes);
  EXPECT_EQ(stats.live_blocks, start.live_blocks);
  EXPECT_EQ(stats.cached_bytes, 12288);
  EXPECT_EQ(stats.peak_bytes, start.live_bytes + 12288);

  Deallocate(Allocate(4096), 4096);
  EXPECT_EQ(memory_stats().peak_bytes, start.live_bytes + 12288);
  ReleaseMemoryCache();
  EXPECT_EQ(memory_stats().cached_bytes, 0);
  ResetPeakMemory();
  EXPECT_EQ(memory_stats().peak_bytes, start.live_bytes);
}

TEST_F(AllocatorTest, TheCacheStaysWithinItsLimit) {
  SetMemoryCacheLimit(10000);
  std::vector<void*> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(Allocate(4096));
  for (void* block : blocks) Deallocate(block, 4096);
  EXPECT_EQ(memory_stats().cached_bytes, 8192);
  SetMemoryCacheLimit(8000);
  EXPECT_EQ(memory_stats().cached_bytes, 0);
  SetMemoryCacheLimit(0);
  Deallocate(Allocate(64), 64);
  EXPECT_EQ(memory_stats().cached_bytes, 0);
}

TEST_F(AllocatorTest, NullIsIgnored) {
  const MemoryStats before = memory_stats();
  Deallocate(nullptr, 100);
  EXPECT_EQ(memory_stats().live_blocks, before.live_blocks);
}

TEST_F(AllocatorTest, GuardBytesSeeOneByteWrittenPastTheEnd) {
  for (size_t bytes : kSizes) {
    for (size_t past : {size_t{0}, size_t{1}, size_t{63}}) {
      ScopedGuardBytes guard;
      auto* block = static_cast<unsigned char*>(Allocate(bytes));
      std::memset(block, 0, bytes);
      EXPECT_EQ(guard.Violations(), 0);
      block[bytes + past] ^= 1;
      EXPECT_EQ(guard.Violations(), 1) << past << " past " << bytes;
      Deallocate(block, bytes);
      EXPECT_EQ(guard.Violations(), 1) << past << " past " << bytes;
    }
  }
}

TEST_F(AllocatorTest, GuardBytesSeeASentinelCopiedOntoAnother) {
  ScopedGuardBytes guard;
  auto* source = static_cast<char*>(Allocate(100));
  auto* target = static_cast<char*>(Allocate(100));
  std::memcpy(target, source, 104);
  EXPECT_EQ(guard.Violations(), 1);
  Deallocate(source, 100);
  Deallocate(target, 100);
}

TEST_F(AllocatorTest, GuardedBlocksAndTheirSentinelsReadAsNan) {
  ScopedGuardBytes guard;
  for (int repeat = 0; repeat < 300; ++repeat) {
    void* block = Allocate(40);
    float floats[26];
    double doubles[13];
    uint16_t halves[52];
    std::memcpy(floats, block, sizeof(floats));
    std::memcpy(doubles, block, sizeof(doubles));
    std::memcpy(halves, block, sizeof(halves));
    for (float value : floats) EXPECT_TRUE(std::isnan(value));
    for (double value : doubles) EXPECT_TRUE(std::isnan(value));
    for (uint16_t half : halves) {
      EXPECT_GT(half & 0x7FFF, 0x7C00) << "float16";
      EXPECT_GT(half & 0x7FFF, 0x7F80) << "bfloat16";
    }
    Deallocate(block, 40);
  }
}

TEST_F(AllocatorTest, ViolationsCountFromTheConstructionOfTheGuard) {
  ScopedGuardBytes outer;
  auto* block = static_cast<char*>(Allocate(8));
  block[8] = 0;
  {
    ScopedGuardBytes inner;
    EXPECT_EQ(outer.Violations(), 1);
    EXPECT_EQ(inner.Violations(), 0);
    Deallocate(block, 8);
    EXPECT_EQ(outer.Violations(), 1);
    EXPECT_EQ(inner.Violations(), 0);
  }
}

TEST_F(AllocatorTest, ABlockMayOutliveItsGuard) {
  const int64_t live = memory_stats().live_bytes;
  void* block = nullptr;
  {
    ScopedGuardBytes guard;
    block = Allocate(64);
  }
  Deallocate(block, 64);
  EXPECT_EQ(memory_stats().live_bytes, live);
}

TEST_F(AllocatorTest, AbsurdSizesAreMemoryErrorsAndWorkGoesOn) {
  for (size_t bytes : {size_t{1} << 55, size_t{1} << 61, std::numeric_limits<size_t>::max()}) {
    Deallocate(Allocate(4096), 4096);
    const MemoryStats before = memory_stats();
    ExpectError(ErrorCode::kMemory,
                "allocate: no memory for " + std::to_string(bytes) + " bytes (" +
                    std::to_string(before.live_bytes) +
                    " bytes are in use by tensors); use smaller batches or free tensors that are "
                    "held",
                [&] { Allocate(bytes); });
    EXPECT_EQ(memory_stats().live_bytes, before.live_bytes);
    EXPECT_EQ(memory_stats().allocations, before.allocations);
    Deallocate(Allocate(4096), 4096);
  }
}

TEST_F(AllocatorTest, TheCacheIsGivenBackBeforeARequestFails) {
  Deallocate(Allocate(4096), 4096);
  EXPECT_EQ(memory_stats().cached_bytes, 4096);
  EXPECT_THROW(Allocate(size_t{1} << 55), Error);
  EXPECT_EQ(memory_stats().cached_bytes, 0);
}

TEST_F(AllocatorTest, SeveralThreadsMayAllocateAtOnce) {
  const MemoryStats before = memory_stats();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) {
        const size_t bytes = static_cast<size_t>(64 * (i % 7 + 1));
        auto* block = static_cast<unsigned char*>(Allocate(bytes));
        std::memset(block, t, bytes);
        std::this_thread::yield();
        ASSERT_EQ(block[0], t);
        ASSERT_EQ(block[bytes - 1], t);
        Deallocate(block, bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(memory_stats().live_bytes, before.live_bytes);
  EXPECT_EQ(memory_stats().allocations, before.allocations + 2000);
}

TEST_F(AllocatorTest, AddressSanitizerSeesTheUnusedEndAndUseAfterReturn) {
#ifndef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "needs --config=asan";
#endif
  auto* block = static_cast<volatile char*>(Allocate(100));
  block[99] = 1;
  EXPECT_DEATH(block[100] = 1, "use-after-poison");
  SetMemoryCacheLimit(0);
  Deallocate(const_cast<char*>(block), 100);
  EXPECT_DEATH(block[0] = 1, "heap-use-after-free");
}

}  // namespace
}  // namespace prova

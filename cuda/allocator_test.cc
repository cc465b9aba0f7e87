#include "cuda/allocator.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "cuda/fake_runtime.h"

namespace prova::cuda {
namespace {

constexpr int kLastDevice = 19;

/// Each test has a fresh driver of 1 MiB, and a device of its own whose cache is empty.
class AllocatorTest : public testing::Test {
 protected:
  AllocatorTest() {
    static int tests = 0;
    device_ = tests++;
    fake = FakeRuntime();
  }
  ~AllocatorTest() override { ReleaseMemoryCache(device_); }

  void* Take(size_t bytes) { return Allocate(device_, bytes); }
  void GiveBack(void* block, size_t bytes) { Deallocate(device_, block, bytes); }
  MemoryStats stats() const { return memory_stats(device_); }
  std::string on_device() const { return "cuda:" + std::to_string(device_); }

  int device_;
};

TEST_F(AllocatorTest, AFreedBlockServesTheNextRequestOfItsClass) {
  void* block = Take(1000);
  EXPECT_EQ(fake.used, device_);
  GiveBack(block, 1000);
  EXPECT_EQ(Take(1024), block);
  EXPECT_EQ(fake.allocations, 1);
  EXPECT_NE(Take(1000), block);
  EXPECT_NE(Take(2000), block);
  EXPECT_EQ(fake.allocations, 3);
}

TEST_F(AllocatorTest, BlocksOfOtherDevicesStayThere) {
  void* block = Take(1000);
  GiveBack(block, 1000);
  void* other = Allocate(kLastDevice, 1000);
  EXPECT_NE(other, block);
  EXPECT_EQ(fake.used, kLastDevice);
  Deallocate(kLastDevice, other, 1000);
  ReleaseMemoryCache(kLastDevice);
}

TEST_F(AllocatorTest, ADeviceThatIsNotThereIsAnError) {
  for (const int device : {-1, kLastDevice + 1}) {
    ExpectError(ErrorCode::kDevice,
                "memory: device cuda:" + std::to_string(device) +
                    "; need one of the 20 CUDA devices at hand",
                [=] { memory_stats(device); });
  }
}

TEST_F(AllocatorTest, EvenNothingHasAnAddress) {
  void* block = Take(0);
  EXPECT_NE(block, nullptr);
  EXPECT_NE(Take(0), block);
  GiveBack(nullptr, 100);
  EXPECT_EQ(stats().live_blocks, 2);
}

TEST_F(AllocatorTest, StatisticsFollow) {
  void* small = Take(256);
  void* large = Take(4096);
  EXPECT_EQ(stats().live_blocks, 2);
  EXPECT_EQ(stats().live_bytes, 256 + 4096);
  GiveBack(large, 4096);
  EXPECT_EQ(stats().live_bytes, 256);
  EXPECT_EQ(stats().cached_bytes, 4096);
  EXPECT_EQ(stats().peak_bytes, 256 + 4096);
  ResetPeakMemory(device_);
  EXPECT_EQ(stats().peak_bytes, 256);
  large = Take(4096);
  EXPECT_EQ(stats().cached_bytes, 0);
  EXPECT_EQ(stats().allocations, 3);
  EXPECT_EQ(stats().cache_hits, 1);
  EXPECT_EQ(stats().peak_bytes, 256 + 4096);
  GiveBack(small, 256);
  GiveBack(large, 4096);
  EXPECT_EQ(stats().live_blocks, 0);
  EXPECT_EQ(fake.free_bytes, (1u << 20) - 256 - 4096);
  ReleaseMemoryCache(device_);
  EXPECT_EQ(stats().cached_bytes, 0);
  EXPECT_EQ(fake.free_bytes, 1u << 20);
}

TEST_F(AllocatorTest, TheCacheIsGivenUpBeforeARequestFails) {
  for (void* block : {Take(256 << 10), Take(256 << 10)}) GiveBack(block, 256 << 10);
  EXPECT_EQ(stats().cached_bytes, 512 << 10);
  GiveBack(Take(1 << 20), 1 << 20);
  EXPECT_EQ(stats().cached_bytes, 1 << 20);
}

TEST_F(AllocatorTest, TheEndOfMemoryIsAnErrorAfterWhichWorkGoesOn) {
  void* block = Take(768 << 10);
  ExpectError(ErrorCode::kMemory,
              "allocate: no memory on " + on_device() +
                  " for 300000 bytes (262144 bytes are free, 786432 in use by tensors); use "
                  "smaller batches or free tensors that are held",
              [&] { Take(300000); });
  EXPECT_EQ(stats().live_blocks, 1);
  EXPECT_EQ(stats().live_bytes, 768 << 10);
  GiveBack(block, 768 << 10);
  void* again = Take(300000);
  EXPECT_NE(again, nullptr);
  GiveBack(again, 300000);
}

TEST_F(AllocatorTest, TheLimitIsHard) {
  SetMemoryLimit(device_, 10240);
  void* block = Take(8192);
  ExpectError(ErrorCode::kMemory,
              "allocate: no memory on " + on_device() +
                  " for 4096 bytes (2048 bytes are free, 8192 in use by tensors); use smaller "
                  "batches or free tensors that are held",
              [&] { Take(4096); });
  void* rest = Take(2048);
  // What is cached counts, until it is needed.
  GiveBack(block, 8192);
  void* other = Take(4096);
  EXPECT_EQ(stats().cached_bytes, 0);
  SetMemoryLimit(device_, 0);
  GiveBack(Take(8192), 8192);
  GiveBack(rest, 2048);
  GiveBack(other, 4096);
}

}  // namespace
}  // namespace prova::cuda

#include "cuda/harness/memory.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "base/text.h"
#include "cuda/harness/testing.h"

namespace prova::cuda::harness {
namespace {

constexpr size_t kPage = 4096;

/// Ten floats of device memory in this placement, 0..9.
class TenFloats : public DeviceArray<float> {
 public:
  explicit TenFloats(Placement placement)
      : DeviceArray((SetPlacement(placement), std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})) {
    SetPlacement(Placement::kStart);
  }
};

/// Reads x[i] in the thread 2 of block 1.
float ReadAt(const float* x, int64_t i) {
  float value = 0;
  RunGrid("read", 2, 3, 0, [&] {
    if (blockIdx.x == 1 && threadIdx.x == 2) value = *const_cast<const volatile float*>(x + i);
  });
  return value;
}

void WriteAt(float* x, int64_t i) {
  RunGrid("write", 2, 3, 0, [&] {
    if (blockIdx.x == 1 && threadIdx.x == 2) *const_cast<volatile float*>(x + i) = 1;
  });
}

void ExpectFault(const std::string& text, FunctionRef<void()> body) {
  ExpectError(ErrorCode::kDevice, text, body);
  // Work goes on, also on the stack of the thread that failed.
  const TenFloats x(Placement::kEnd);
  EXPECT_EQ(ReadAt(x.data(), 9), 9);
}

constexpr char kReader[] = "read: thread (2, 0, 0) of block (1, 0, 0) ";
constexpr char kWriter[] = "write: thread (2, 0, 0) of block (1, 0, 0) ";

TEST(Memory, ABufferLiesAtTheStartOrAtTheEndOfItsPages) {
  const TenFloats start(Placement::kStart), end(Placement::kEnd);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(start.data()) % 256, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(end.data() + 10) % kPage, 0u);
  EXPECT_EQ(start.values(), end.values());
}

TEST(Memory, NewMemoryIsNotANumber) {
  float* x = static_cast<float*>(AllocateBuffer(kPage * 3));
  for (const int i : {0, 1000, 3071}) EXPECT_TRUE(std::isnan(ReadAt(x, i)));
  FreeBuffer(x);
}

TEST(Memory, AnAccessBesideABufferEndsTheLaunchWhereAPageIsForbidden) {
  const TenFloats start(Placement::kStart), end(Placement::kEnd);
  ExpectFault(Cat(kReader, "reads 0 bytes behind the end of a buffer of 40 bytes"),
              [&] { ReadAt(end.data(), 10); });
  ExpectFault(Cat(kWriter, "writes 80 bytes behind the end of a buffer of 40 bytes"),
              [&] { WriteAt(end.data(), 30); });
  ExpectFault(Cat(kReader, "reads 4 bytes before a buffer of 40 bytes"),
              [&] { ReadAt(start.data(), -1); });
  ExpectFault(Cat(kWriter, "writes 4096 bytes before a buffer of 40 bytes"),
              [&] { WriteAt(start.data(), -1024); });
}

TEST(Memory, AWriteBesideABufferWithinItsPagesIsSeenAfterTheLaunch) {
  const TenFloats start(Placement::kStart), end(Placement::kEnd);
  ExpectFault("write: a kernel wrote 0 bytes behind the end of a buffer of 40 bytes",
              [&] { WriteAt(start.data(), 10); });
  ExpectFault("write: a kernel wrote 2 bytes behind the end of a buffer of 40 bytes", [&] {
    RunGrid("write", 1, 1, 0, [&] { reinterpret_cast<char*>(start.data())[42] = 1; });
  });
  ExpectFault("write: a kernel wrote 4 bytes before a buffer of 40 bytes",
              [&] { WriteAt(end.data(), -1); });
}

TEST(Memory, DamageBeforeAnotherErrorIsNotHeldAgainstTheNextLaunch) {
  const TenFloats x(Placement::kStart);
  ExpectFault(
      "write: thread (0, 0, 0) of block (0, 0, 0) asks for misaligned dynamic shared memory", [&] {
        RunGrid("write", 1, 1, 8, [&] {
          x.data()[10] = 1;
          DynamicShared<int>(1, 1);
        });
      });
}

TEST(Memory, AnAccessToNoBufferAtAllEndsTheLaunch) {
  const float* freed = nullptr;
  {
    const TenFloats x(Placement::kStart);
    freed = x.data();
  }
  ExpectFault(Cat(kReader, "reads memory far from every buffer"), [&] { ReadAt(freed, 0); });
  ExpectFault(Cat(kReader, "reads memory far from every buffer"), [&] { ReadAt(nullptr, 1); });
}

TEST(Memory, FaultsInTheMiddleOfABlockLeaveItsOtherThreads) {
  const TenFloats x(Placement::kEnd);
  for (int k = 0; k < 3; ++k) {
    ExpectFault(
        "sum: thread (10, 0, 0) of block (0, 0, 0) reads 0 bytes behind the end of a "
        "buffer of 40 bytes",
        [&] {
          RunGrid("sum", 1, 32, 0, [&] {
            // Those that wait are unwound; who fails is not, and owns nothing.
            const std::string owned(threadIdx.x == 10 ? 0 : 1000, 'x');
            [[maybe_unused]] const float value =
                *const_cast<const volatile float*>(x.data() + threadIdx.x % 11);
            __syncwarp();
          });
        });
  }
}

using MemoryDeathTest = testing::Test;

TEST(MemoryDeathTest, TheProcessorMayNotTouchMemoryOfADevice) {
  const TenFloats x(Placement::kStart);
  const auto read = [&](int64_t i) { return *const_cast<volatile float*>(x.data() + i); };
  EXPECT_DEATH(read(3),
               "The processor touches memory of a device, 12 bytes into a buffer of 40 "
               "bytes: take a copy with to\\(x, kCpu\\)");
  // Nor after a kernel did.
  ReadAt(x.data(), 3);
  EXPECT_DEATH(read(3), "The processor touches memory of a device, 12 bytes into a buffer of 40");
  // Nor may a copy go beyond a buffer.
  float values[2000];
  EXPECT_DEATH(CopyBytes(0, values, x.data(), sizeof(values)),
               "4056 bytes behind the end of a buffer of 40 bytes");
}

TEST(Memory, TheLimitIsWhatThereIs) {
  const size_t total = TotalMemory(), used = total - FreeMemory();
  SetTotalMemory(used + 1000);
  EXPECT_EQ(FreeMemory(), 1000u);
  EXPECT_EQ(AllocateBuffer(1001), nullptr);
  void* buffer = AllocateBuffer(600);
  EXPECT_NE(buffer, nullptr);
  EXPECT_EQ(FreeMemory(), 400u);
  EXPECT_EQ(AllocateBuffer(401), nullptr);
  FreeBuffer(buffer);
  EXPECT_EQ(FreeMemory(), 1000u);
  SetTotalMemory(total);
}

}  // namespace
}  // namespace prova::cuda::harness

#include "cuda/allocator.h"

#include <algorithm>
#include <deque>
#include <mutex>

#include "base/block_cache.h"
#include "base/error.h"
#include "base/text.h"
#include "cuda/runtime.h"

namespace prova::cuda {
namespace {

constexpr size_t kDeviceAlignment = 256;

class DeviceAllocator {
 public:
  void* Allocate(int device, size_t bytes) {
    std::lock_guard lock(mutex_);
    LinkedRuntime()->Use(device);
    const size_t size = BlockSize(bytes);
    void* block = LinkedRuntime()->IsWorthCaching() ? cache_.Take(size) : nullptr;
    if (block == nullptr) block = FromDevice(size);
    if (block == nullptr) {
      Release();
      block = FromDevice(size);
    }
    if (block == nullptr) OutOfMemory(device, bytes);
    cache_.CountTaken(size);
    return block;
  }

  void Deallocate(int device, void* block, size_t bytes) noexcept {
    if (block == nullptr) return;
    std::lock_guard lock(mutex_);
    const size_t size = BlockSize(bytes);
    cache_.CountReturned(size);
    if (LinkedRuntime()->IsWorthCaching() && cache_.Keep(block, size)) return;
    LinkedRuntime()->Use(device);
    LinkedRuntime()->Free(block);
  }

  MemoryStats Stats() {
    std::lock_guard lock(mutex_);
    return cache_.stats();
  }
  void ResetPeak() {
    std::lock_guard lock(mutex_);
    cache_.ResetPeak();
  }
  void SetLimit(int64_t bytes) {
    std::lock_guard lock(mutex_);
    limit_ = bytes;
  }
  void ReleaseCache(int device) {
    std::lock_guard lock(mutex_);
    if (cache_.stats().cached_bytes == 0) return;
    LinkedRuntime()->Use(device);
    Release();
  }

 private:
  static size_t BlockSize(size_t bytes) {
    return LinkedRuntime()->IsWorthCaching() ? SizeClass(bytes, kDeviceAlignment) : bytes;
  }

  void* FromDevice(size_t size) {
    const int64_t held = cache_.stats().live_bytes + cache_.stats().cached_bytes;
    if (limit_ > 0 && static_cast<int64_t>(size) > limit_ - held) return nullptr;
    return LinkedRuntime()->TryAllocate(size);
  }

  void Release() {
    cache_.Release([](void* block) { LinkedRuntime()->Free(block); });
  }

  [[noreturn]] void OutOfMemory(int device, size_t bytes) {
    int64_t free = static_cast<int64_t>(LinkedRuntime()->FreeBytes());
    if (limit_ > 0) free = std::min(free, std::max<int64_t>(limit_ - cache_.stats().live_bytes, 0));
    Fail(ErrorCode::kMemory,
         {.where = "allocate",
          .given = Cat("no memory on cuda:", device, " for ", bytes, " bytes (", free,
                       " bytes are free, ", cache_.stats().live_bytes, " in use by tensors)"),
          .hint = "use smaller batches or free tensors that are held"});
  }

  std::mutex mutex_;
  int64_t limit_ = 0;
  BlockCache cache_;
};

/// Never destroyed: tensors in static storage may outlive any destruction order.
DeviceAllocator& AllocatorOf(int device) {
  static auto* allocators = new std::deque<DeviceAllocator>(static_cast<size_t>(DeviceCount()));
  if (device < 0 || device >= DeviceCount()) {
    Fail(ErrorCode::kDevice, {.where = "memory",
                              .given = Cat("device cuda:", device),
                              .need = Cat("one of the ", DeviceCount(), " CUDA devices at hand")});
  }
  return (*allocators)[static_cast<size_t>(device)];
}

}  // namespace

void* Allocate(int device, size_t bytes) { return AllocatorOf(device).Allocate(device, bytes); }
void Deallocate(int device, void* block, size_t bytes) noexcept {
  AllocatorOf(device).Deallocate(device, block, bytes);
}
MemoryStats memory_stats(int device) { return AllocatorOf(device).Stats(); }
void ResetPeakMemory(int device) { AllocatorOf(device).ResetPeak(); }
void SetMemoryLimit(int device, int64_t bytes) { AllocatorOf(device).SetLimit(bytes); }
void ReleaseMemoryCache(int device) { AllocatorOf(device).ReleaseCache(device); }

}  // namespace prova::cuda

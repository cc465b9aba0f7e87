#include "base/allocator.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace prova {
namespace {

constexpr size_t kGuardBytes = 64;
constexpr unsigned char kGuardByte = 0xFF;
constexpr size_t kMaxBytes = size_t{1} << 62;

/// Four classes in each power of two: at most a quarter of a block is unused.
size_t SizeClass(size_t bytes) {
  const size_t rounded = (std::max<size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  const size_t step = std::max(kAlignment, std::bit_floor(rounded) / 4);
  return (rounded + step - 1) / step * step;
}

class CachingAllocator {
 public:
  void* Allocate(size_t bytes) {
    if (bytes > kMaxBytes) OutOfMemory(bytes);
    std::lock_guard lock(mutex_);
    const bool guarded = guards_ > 0;
    const size_t size = SizeClass(guarded ? bytes + kGuardBytes : bytes);
    void* block = FromCache(size);
    if (block == nullptr) block = std::aligned_alloc(kAlignment, size);
    if (block == nullptr) {
      Release();
      block = std::aligned_alloc(kAlignment, size);
    }
    if (block == nullptr) OutOfMemory(bytes);
    ++stats_.allocations;
    ++stats_.live_blocks;
    stats_.live_bytes += static_cast<int64_t>(size);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
    if (guarded) {
      std::memset(block, kGuardByte, size);
      guarded_[block] = {bytes, size};
    }
    return block;
  }

  void Deallocate(void* block, size_t bytes) noexcept {
    if (block == nullptr) return;
    std::lock_guard lock(mutex_);
    size_t size = SizeClass(bytes);
    if (auto found = guarded_.find(block); found != guarded_.end()) {
      violations_ += !Intact(block, found->second);
      size = found->second.size;
      guarded_.erase(found);
    }
    --stats_.live_blocks;
    stats_.live_bytes -= static_cast<int64_t>(size);
    if (stats_.cached_bytes + static_cast<int64_t>(size) > cache_limit_) {
      std::free(block);
      return;
    }
    cache_[size].push_back(block);
    stats_.cached_bytes += static_cast<int64_t>(size);
  }

  MemoryStats Stats() {
    std::lock_guard lock(mutex_);
    return stats_;
  }

  void ResetPeak() {
    std::lock_guard lock(mutex_);
    stats_.peak_bytes = stats_.live_bytes;
  }

  void SetCacheLimit(int64_t bytes) {
    std::lock_guard lock(mutex_);
    cache_limit_ = std::max<int64_t>(bytes, 0);
    if (stats_.cached_bytes > cache_limit_) Release();
  }

  void ReleaseCache() {
    std::lock_guard lock(mutex_);
    Release();
  }

  void StartGuarding() {
    std::lock_guard lock(mutex_);
    if (guards_++ == 0) violations_ = 0;
  }

  void StopGuarding() {
    std::lock_guard lock(mutex_);
    --guards_;
  }

  int64_t Violations() {
    std::lock_guard lock(mutex_);
    int64_t count = violations_;
    for (const auto& [block, guard] : guarded_) count += !Intact(block, guard);
    return count;
  }

 private:
  struct Guard {
    size_t bytes;
    size_t size;
  };

  static bool Intact(const void* block, const Guard& guard) {
    const auto* start = static_cast<const unsigned char*>(block);
    return std::all_of(start + guard.bytes, start + guard.bytes + kGuardBytes,
                       [](unsigned char byte) { return byte == kGuardByte; });
  }

  [[noreturn]] void OutOfMemory(size_t bytes) {
    Fail(ErrorCode::kMemory, {.where = "allocate",
                              .given = Cat("no memory for ", bytes, " bytes (", stats_.live_bytes,
                                           " bytes are in use by tensors)"),
                              .hint = "use smaller batches or free tensors that are held"});
  }

  void* FromCache(size_t size) {
    auto found = cache_.find(size);
    if (found == cache_.end() || found->second.empty()) return nullptr;
    void* block = found->second.back();
    found->second.pop_back();
    stats_.cached_bytes -= static_cast<int64_t>(size);
    ++stats_.cache_hits;
    return block;
  }

  void Release() {
    for (auto& [size, blocks] : cache_) {
      for (void* block : blocks) std::free(block);
    }
    cache_.clear();
    stats_.cached_bytes = 0;
  }

  std::mutex mutex_;
  MemoryStats stats_;
  int64_t cache_limit_ = int64_t{1} << 30;
  std::unordered_map<size_t, std::vector<void*>> cache_;
  std::unordered_map<void*, Guard> guarded_;
  int64_t violations_ = 0;
  int guards_ = 0;
};

/// Never destroyed: tensors in static storage may outlive any destruction order.
CachingAllocator& TheAllocator() {
  static auto* allocator = new CachingAllocator;
  return *allocator;
}

}  // namespace

void* Allocate(size_t bytes) { return TheAllocator().Allocate(bytes); }
void Deallocate(void* block, size_t bytes) noexcept { TheAllocator().Deallocate(block, bytes); }
MemoryStats memory_stats() { return TheAllocator().Stats(); }
void ResetPeakMemory() { TheAllocator().ResetPeak(); }
void SetMemoryCacheLimit(int64_t bytes) { TheAllocator().SetCacheLimit(bytes); }
void ReleaseMemoryCache() { TheAllocator().ReleaseCache(); }

ScopedGuardBytes::ScopedGuardBytes() { TheAllocator().StartGuarding(); }
ScopedGuardBytes::~ScopedGuardBytes() { TheAllocator().StopGuarding(); }
int64_t ScopedGuardBytes::Violations() const { return TheAllocator().Violations(); }

}  // namespace prova

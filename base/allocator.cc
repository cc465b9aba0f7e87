#include "base/allocator.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include <sanitizer/asan_interface.h>

#include "base/error.h"
#include "base/size_class.h"
#include "base/text.h"

namespace prova {
namespace {

constexpr size_t kGuardBytes = 64;
constexpr unsigned char kFillByte = 0xFF;
constexpr size_t kMaxBytes = size_t{1} << 62;

#ifdef __SANITIZE_ADDRESS__
constexpr int64_t kDefaultCacheLimit = 0;  // a cached block would hide its use after free
#else
constexpr int64_t kDefaultCacheLimit = int64_t{1} << 30;
#endif

/// Numbers the sizes of `SizeClass`: the power of two and the quarter of it.
constexpr size_t kClasses = 4 * 64;
size_t ClassNumber(size_t size) {
  const int power = std::bit_width(size) - 1;
  return 4 * static_cast<size_t>(power) + (size >> (power - 2)) % 4;
}

class CachingAllocator {
 public:
  void* Allocate(size_t bytes) {
    if (bytes > kMaxBytes) OutOfMemory(bytes);
    std::lock_guard lock(mutex_);
    const bool guarded = guards_ > 0;
    const size_t size = SizeClass(guarded ? bytes + kGuardBytes : bytes, kAlignment);
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
      guarded_[block] = StartGuard(block, bytes, size);
    } else {
      ASAN_POISON_MEMORY_REGION(static_cast<char*>(block) + bytes, size - bytes);
    }
    return block;
  }

  void Deallocate(void* block, size_t bytes) noexcept {
    if (block == nullptr) return;
    std::lock_guard lock(mutex_);
    size_t size = SizeClass(bytes, kAlignment);
    ASAN_UNPOISON_MEMORY_REGION(block, size);
    if (auto found = guarded_.empty() ? guarded_.end() : guarded_.find(block);
        found != guarded_.end()) {
      violations_ += !Intact(block, found->second);
      size = found->second.size;
      guarded_.erase(found);
    }
    --stats_.live_blocks;
    stats_.live_bytes -= static_cast<int64_t>(size);
    if (stats_.cached_bytes + static_cast<int64_t>(size) > cache_limit_ || !ToCache(block, size)) {
      std::free(block);
    }
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
    ++guards_;
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
    uint64_t sentinel;
  };

  /// Lane k of the sentinel has digit k of the block's number in base 15: a quiet NaN, in any
  /// floating dtype, other than the fill.
  Guard StartGuard(void* block, size_t bytes, size_t size) {
    uint64_t sentinel = 0;
    for (uint64_t lane = 0, number = stats_.allocations; lane < 4; ++lane, number /= 15) {
      const uint64_t digit = number % 15;
      sentinel |= (digit / 8 * 0x8000 + 0x7FF8 + digit % 8) << (16 * lane);
    }
    std::memset(block, kFillByte, size);
    char* end = static_cast<char*>(block) + bytes;
    for (size_t i = 0; i < kGuardBytes; i += sizeof(sentinel)) {
      std::memcpy(end + i, &sentinel, sizeof(sentinel));
    }
    return {.bytes = bytes, .size = size, .sentinel = sentinel};
  }

  static bool Intact(const void* block, const Guard& guard) {
    const char* end = static_cast<const char*>(block) + guard.bytes;
    for (size_t i = 0; i < kGuardBytes; i += sizeof(guard.sentinel)) {
      if (std::memcmp(end + i, &guard.sentinel, sizeof(guard.sentinel)) != 0) return false;
    }
    return true;
  }

  [[noreturn]] void OutOfMemory(size_t bytes) {
    Fail(ErrorCode::kMemory, {.where = "allocate",
                              .given = Cat("no memory for ", bytes, " bytes (", stats_.live_bytes,
                                           " bytes are in use by tensors)"),
                              .hint = "use smaller batches or free tensors that are held"});
  }

  /// False where the cache's own bookkeeping finds no memory.
  bool ToCache(void* block, size_t size) {
    try {
      cache_[ClassNumber(size)].push_back(block);
    } catch (const std::bad_alloc&) {
      return false;
    }
    stats_.cached_bytes += static_cast<int64_t>(size);
    return true;
  }

  void* FromCache(size_t size) {
    std::vector<void*>& blocks = cache_[ClassNumber(size)];
    if (blocks.empty()) return nullptr;
    void* block = blocks.back();
    blocks.pop_back();
    stats_.cached_bytes -= static_cast<int64_t>(size);
    ++stats_.cache_hits;
    return block;
  }

  void Release() {
    for (std::vector<void*>& blocks : cache_) {
      for (void* block : blocks) std::free(block);
      blocks = {};
    }
    stats_.cached_bytes = 0;
  }

  std::mutex mutex_;
  MemoryStats stats_;
  int64_t cache_limit_ = kDefaultCacheLimit;
  std::array<std::vector<void*>, kClasses> cache_;
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

ScopedGuardBytes::ScopedGuardBytes() : before_(TheAllocator().Violations()) {
  TheAllocator().StartGuarding();
}
ScopedGuardBytes::~ScopedGuardBytes() { TheAllocator().StopGuarding(); }
int64_t ScopedGuardBytes::Violations() const { return TheAllocator().Violations() - before_; }

}  // namespace prova

#include "base/allocator.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include "base/block_cache.h"
#include "base/error.h"
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

/// Blocks from here on ask for huge pages: strided reads miss the TLB less, writes fault less.
constexpr size_t kHugeBlock = size_t{4} << 20, kHugePage = size_t{2} << 20;

/// Memory from the system, or null. What fills huge pages but for an eighth takes them whole.
void* FromSystem(size_t size) {
  const size_t whole = (size + kHugePage - 1) / kHugePage * kHugePage;
  if (whole - size <= whole / 8) size = whole;
  void* block = nullptr;
  const bool is_huge = size >= kHugeBlock || size == kHugePage;
  if (posix_memalign(&block, is_huge ? kHugePage : kAlignment, size) != 0) return nullptr;
  if (is_huge) madvise(block, size, MADV_HUGEPAGE);
  return block;
}

class CachingAllocator {
 public:
  void* Allocate(size_t bytes) {
    if (bytes > kMaxBytes) OutOfMemory(bytes);
    std::lock_guard lock(mutex_);
    const bool guarded = guards_ > 0;
    const size_t size = SizeClass(guarded ? bytes + kGuardBytes : bytes, kAlignment);
    void* block = cache_.Take(size);
    if (block == nullptr) block = FromSystem(size);
    if (block == nullptr) {
      Release();
      block = FromSystem(size);
    }
    if (block == nullptr) OutOfMemory(bytes);
    cache_.CountTaken(size);
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
    cache_.CountReturned(size);
    const bool fits = cache_.stats().cached_bytes + static_cast<int64_t>(size) <= cache_limit_;
    if (!fits || !cache_.Keep(block, size)) std::free(block);
  }

  MemoryStats Stats() {
    std::lock_guard lock(mutex_);
    return cache_.stats();
  }

  void ResetPeak() {
    std::lock_guard lock(mutex_);
    cache_.ResetPeak();
  }

  void SetCacheLimit(int64_t bytes) {
    std::lock_guard lock(mutex_);
    cache_limit_ = std::max<int64_t>(bytes, 0);
    if (cache_.stats().cached_bytes > cache_limit_) Release();
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
    for (uint64_t lane = 0, number = cache_.stats().allocations; lane < 4; ++lane, number /= 15) {
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
    Fail(ErrorCode::kMemory,
         {.where = "allocate",
          .given = Cat("no memory for ", bytes, " bytes (", cache_.stats().live_bytes,
                       " bytes are in use by tensors)"),
          .hint = "use smaller batches or free tensors that are held"});
  }

  void Release() { cache_.Release(std::free); }

  std::mutex mutex_;
  int64_t cache_limit_ = kDefaultCacheLimit;
  BlockCache cache_;
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

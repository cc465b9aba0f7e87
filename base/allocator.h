#pragma once

#include <cstddef>
#include <cstdint>

namespace prova {

/// Every block starts at a multiple of this many bytes: a cache line, and a vector of AVX-512.
inline constexpr size_t kAlignment = 64;

/// What the CPU allocator holds, in bytes of its size classes, and what it did so far.
struct MemoryStats {
  int64_t live_bytes = 0;    ///< handed out and not yet returned
  int64_t peak_bytes = 0;    ///< most that was ever live at once
  int64_t cached_bytes = 0;  ///< returned and kept for the next request
  int64_t live_blocks = 0;
  int64_t allocations = 0;  ///< requests so far
  int64_t cache_hits = 0;   ///< requests answered from the cache
};

/// A block of at least `bytes` bytes, aligned to `kAlignment`; freed blocks of the same size class
/// come first. Errors: kMemory when the system has none left, after the cache has been given back.
void* Allocate(size_t bytes);

/// Takes back a block of `Allocate(bytes)`; null is ignored.
void Deallocate(void* block, size_t bytes) noexcept;

MemoryStats memory_stats();

/// Starts a new measurement of `peak_bytes` from what is live now.
void ResetPeakMemory();

/// Bounds the cache (default 1 GiB); blocks beyond it go back to the system at once.
void SetMemoryCacheLimit(int64_t bytes);

/// Gives every cached block back to the system.
void ReleaseMemoryCache();

/// For tests: while alive, every new block is filled with 0xFF (NaN) and followed by 64 sentinel
/// bytes, NaN in every floating dtype and different from the neighbours' so that a kernel which
/// copies one sentinel onto another is caught too. They are checked by `Violations()`.
class ScopedGuardBytes {
 public:
  ScopedGuardBytes();
  ~ScopedGuardBytes();
  ScopedGuardBytes(const ScopedGuardBytes&) = delete;
  ScopedGuardBytes& operator=(const ScopedGuardBytes&) = delete;

  /// Blocks written beyond their end since construction.
  int64_t Violations() const;

 private:
  int64_t before_;
};

}  // namespace prova

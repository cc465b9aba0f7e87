#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "base/allocator.h"

namespace prova {

/// The size in which an allocator hands out blocks of `bytes` bytes: four classes in each power of
/// two, so that above 4 * `alignment`, a power of two, at most a fifth of a block is unused.
inline size_t SizeClass(size_t bytes, size_t alignment) {
  const auto round_up = [](size_t value, size_t power) { return (value + power - 1) & -power; };
  const size_t rounded = round_up(std::max<size_t>(bytes, 1), alignment);
  return round_up(rounded, std::max(alignment, std::bit_floor(rounded) / 4));
}

/// What caching allocators share: the blocks that came back, by their size, one of `SizeClass`, and
/// the figures of all blocks.
class BlockCache {
 public:
  const MemoryStats& stats() const { return stats_; }
  void ResetPeak() { stats_.peak_bytes = stats_.live_bytes; }

  void CountTaken(size_t size) {
    ++stats_.allocations;
    ++stats_.live_blocks;
    stats_.live_bytes += static_cast<int64_t>(size);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
  }
  void CountReturned(size_t size) {
    --stats_.live_blocks;
    stats_.live_bytes -= static_cast<int64_t>(size);
  }

  /// A kept block of that size, or null.
  void* Take(size_t size) {
    std::vector<void*>& blocks = blocks_[ClassNumber(size)];
    if (blocks.empty()) return nullptr;
    void* block = blocks.back();
    blocks.pop_back();
    stats_.cached_bytes -= static_cast<int64_t>(size);
    ++stats_.cache_hits;
    return block;
  }

  /// Keeps a block; false where the cache's own bookkeeping finds no memory.
  bool Keep(void* block, size_t size) noexcept {
    try {
      blocks_[ClassNumber(size)].push_back(block);
    } catch (const std::bad_alloc&) {
      return false;
    }
    stats_.cached_bytes += static_cast<int64_t>(size);
    return true;
  }

  /// Hands every kept block to `free`.
  template <typename Free>
  void Release(const Free& free) {
    for (std::vector<void*>& blocks : blocks_) {
      for (void* block : blocks) free(block);
      blocks = {};
    }
    stats_.cached_bytes = 0;
  }

 private:
  /// Numbers the sizes of `SizeClass`: the power of two and the quarter of it.
  static constexpr size_t kClasses = 4 * 64;
  static size_t ClassNumber(size_t size) {
    const int power = std::bit_width(size) - 1;
    return 4 * static_cast<size_t>(power) + (size >> (power - 2)) % 4;
  }

  MemoryStats stats_;
  std::array<std::vector<void*>, kClasses> blocks_;
};

}  // namespace prova

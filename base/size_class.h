#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

namespace prova {

/// The size in which an allocator hands out blocks of `bytes` bytes: four classes in each power of
/// two, so that above 4 * `alignment` at most a fifth of a block is unused.
inline size_t SizeClass(size_t bytes, size_t alignment) {
  const size_t rounded = (std::max<size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  const size_t step = std::max(alignment, std::bit_floor(rounded) / 4);
  return (rounded + step - 1) / step * step;
}

}  // namespace prova

#pragma once

#include <cstdint>
#include <ostream>

namespace prova {

/// Height and width of a window, a step or a border; one number means both.
struct Size2d {
  int64_t height = 0;
  int64_t width = 0;

  constexpr Size2d() = default;
  constexpr Size2d(int64_t both) : height(both), width(both) {}
  constexpr Size2d(int64_t height, int64_t width) : height(height), width(width) {}
  constexpr bool operator==(const Size2d&) const = default;
};

/// `[3, 3]`.
inline std::ostream& operator<<(std::ostream& out, const Size2d& size) {
  return out << '[' << size.height << ", " << size.width << ']';
}

}  // namespace prova

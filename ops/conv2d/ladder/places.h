#pragma once

#include <algorithm>
#include <vector>

#include "ops/conv2d/ladder/ladder.h"

namespace prova::ladder {

/// x with `padding` zeros around each plane.
inline std::vector<float> Padded(const Layer& of, const float* x) {
  const int64_t width = of.size + 2 * of.padding;
  std::vector<float> padded(of.images * of.in * width * width);
  for (int64_t row = 0; row < of.images * of.in * of.size; ++row) {
    const int64_t plane = row / of.size, i = row % of.size + of.padding;
    std::copy_n(x + row * of.size, of.size,
                padded.data() + (plane * width + i) * width + of.padding);
  }
  return padded;
}

/// Where each term lies from the first element under a window of the padded image.
inline std::vector<int64_t> TermOffsets(const Layer& of) {
  const int64_t width = of.size + 2 * of.padding;
  std::vector<int64_t> offsets;
  for (int64_t c = 0; c < of.in; ++c) {
    for (int64_t a = 0; a < of.kernel; ++a) {
      for (int64_t b = 0; b < of.kernel; ++b) offsets.push_back((c * width + a) * width + b);
    }
  }
  return offsets;
}

}  // namespace prova::ladder

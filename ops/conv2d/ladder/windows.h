#pragma once

#include "ops/conv2d/ladder/ladder.h"

namespace prova::ladder {

// #region im2col
/// The windows of one image as a matrix [terms][cells], padding written out as zeros.
inline void CopyWindows(const Layer& of, const float* image, float* matrix) {
  const int64_t size = of.size, kernel = of.kernel, out = of.out_size();
  for (int64_t t = 0; t < of.terms(); ++t) {
    const int64_t c = t / (kernel * kernel), a = t / kernel % kernel, b = t % kernel;
    for (int64_t i = 0; i < out; ++i) {
      for (int64_t j = 0; j < out; ++j) {
        const int64_t row = i + a - of.padding, col = j + b - of.padding;
        const bool inside = row >= 0 && row < size && col >= 0 && col < size;
        *matrix++ = inside ? image[(c * size + row) * size + col] : 0.0f;
      }
    }
  }
}
// #endregion im2col

}  // namespace prova::ladder

#include <algorithm>

#include "ops/conv2d/ladder/ladder.h"

namespace prova::ladder {

// #region step
/// The loop along a row goes innermost: one weight times a row of x, added to a row of y. The
/// compiler makes vectors of it, and the question about padding is asked once a row.
void Rows(const Layer& of, const float* x, const float* weight, float* y) {
  const int64_t size = of.size, kernel = of.kernel, out = of.out_size();
  std::fill_n(y, of.images * of.out * of.cells(), 0.0f);
  for (int64_t plane = 0; plane < of.images * of.out; ++plane) {
    const int64_t n = plane / of.out, o = plane % of.out;
    for (int64_t t = 0; t < of.terms(); ++t) {
      const int64_t c = t / (kernel * kernel), a = t / kernel % kernel, b = t % kernel;
      const float factor = weight[o * of.terms() + t];
      const int64_t first = std::max<int64_t>(0, of.padding - b);
      const int64_t end = std::min(out, size + of.padding - b);
      for (int64_t i = 0; i < out; ++i) {
        const int64_t row = i + a - of.padding;
        if (row < 0 || row >= size) continue;
        const float* from = x + ((n * of.in + c) * size + row) * size + b - of.padding;
        float* to = y + (plane * out + i) * out;
        for (int64_t j = first; j < end; ++j) to[j] += factor * from[j];
      }
    }
  }
}
// #endregion step

}  // namespace prova::ladder

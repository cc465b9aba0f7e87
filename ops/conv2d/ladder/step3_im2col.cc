#include <algorithm>
#include <vector>

#include "ops/conv2d/ladder/windows.h"

namespace prova::ladder {

// #region step
/// A convolution is a product of matrices: weight [out, terms] times windows [terms, cells].
/// Long rows instead of short ones, but each is read from memory once for every filter.
void Im2col(const Layer& of, const float* x, const float* weight, float* y) {
  std::vector<float> matrix(of.terms() * of.cells());
  std::fill_n(y, of.images * of.out * of.cells(), 0.0f);
  for (int64_t n = 0; n < of.images; ++n) {
    CopyWindows(of, x + n * of.in * of.size * of.size, matrix.data());
    for (int64_t o = 0; o < of.out; ++o) {
      float* to = y + (n * of.out + o) * of.cells();
      for (int64_t t = 0; t < of.terms(); ++t) {
        const float factor = weight[o * of.terms() + t];
        const float* from = matrix.data() + t * of.cells();
        for (int64_t j = 0; j < of.cells(); ++j) to[j] += factor * from[j];
      }
    }
  }
}
// #endregion step

}  // namespace prova::ladder

#include "ops/conv2d/ladder/ladder.h"

namespace prova::ladder {

// #region step
/// The definition: seven loops, and a question at every product.
void Loops(const Layer& of, const float* x, const float* weight, float* y) {
  const int64_t size = of.size, kernel = of.kernel;
  for (int64_t n = 0; n < of.images; ++n) {
    for (int64_t o = 0; o < of.out; ++o) {
      for (int64_t i = 0; i < of.out_size(); ++i) {
        for (int64_t j = 0; j < of.out_size(); ++j) {
          float sum = 0;
          for (int64_t c = 0; c < of.in; ++c) {
            for (int64_t a = 0; a < kernel; ++a) {
              for (int64_t b = 0; b < kernel; ++b) {
                const int64_t row = i + a - of.padding, col = j + b - of.padding;
                if (row < 0 || row >= size || col < 0 || col >= size) continue;
                sum += x[((n * of.in + c) * size + row) * size + col] *
                       weight[((o * of.in + c) * kernel + a) * kernel + b];
              }
            }
          }
          y[((n * of.out + o) * of.out_size() + i) * of.out_size() + j] = sum;
        }
      }
    }
  }
}
// #endregion step

}  // namespace prova::ladder

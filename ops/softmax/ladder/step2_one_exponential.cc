#include <algorithm>
#include <cmath>

#include "ops/softmax/ladder/ladder.h"

namespace prova::ladder {

// #region step
void OneExponential(const float* x, float* y, int64_t rows, int64_t cols) {
  for (int64_t row = 0; row < rows; ++row, x += cols, y += cols) {
    const float peak = *std::max_element(x, x + cols);
    float sum = 0;
    for (int64_t i = 0; i < cols; ++i) {
      y[i] = std::exp(x[i] - peak);
      sum += y[i];
    }
    const float scale = 1 / sum;
    for (int64_t i = 0; i < cols; ++i) y[i] *= scale;
  }
}
// #endregion step

}  // namespace prova::ladder

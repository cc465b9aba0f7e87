#include "ops/matmul/ladder/ladder.h"

namespace prova::ladder {

// #region step
void ThreeLoops(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (int64_t t = 0; t < k; ++t) sum += a[i * k + t] * b[t * n + j];
      y[i * n + j] = sum;
    }
  }
}
// #endregion step

}  // namespace prova::ladder

#include <algorithm>

#include "ops/matmul/ladder/ladder.h"

namespace prova::ladder {

// #region step
void LoopOrder(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  std::fill_n(y, m * n, 0.0f);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t t = 0; t < k; ++t) {
      const float factor = a[i * k + t];
      for (int64_t j = 0; j < n; ++j) y[i * n + j] += factor * b[t * n + j];
    }
  }
}
// #endregion step

}  // namespace prova::ladder

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/ladder/step3_vectors.cc"
#include <algorithm>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "ops/matmul/ladder/ladder.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// #region step
void MatmulVectors(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::Lanes(d);
  std::fill_n(y, m * n, 0.0f);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t t = 0; t < k; ++t) {
      const auto factor = hn::Set(d, a[i * k + t]);
      const float* from = b + t * n;
      float* to = y + i * n;
      int64_t j = 0;
      for (; j + lanes <= n; j += lanes) {
        const auto sum = hn::LoadU(d, to + j);
        hn::StoreU(hn::MulAdd(factor, hn::LoadU(d, from + j), sum), d, to + j);
      }
      for (; j < n; ++j) to[j] += a[i * k + t] * from[j];
    }
  }
}
// #endregion step

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::ladder {

HWY_EXPORT(MatmulVectors);
void Vectors(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  HWY_DYNAMIC_DISPATCH(MatmulVectors)(a, b, y, m, n, k);
}

}  // namespace prova::ladder
#endif

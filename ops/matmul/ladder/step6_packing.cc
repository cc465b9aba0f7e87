#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/ladder/step6_packing.cc"
#include "hwy/foreach_target.h"

#include "ops/matmul/ladder/ladder.h"

#include "ops/matmul/ladder/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region step
inline constexpr int64_t kBlockTerms = 256;

void MatmulPacking(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  HWY_ALIGN float panel[kBlockTerms * kCols];
  std::fill_n(y, m * n, 0.0f);
  for (int64_t t = 0; t < k; t += kBlockTerms) {
    const int64_t terms = std::min(kBlockTerms, k - t);
    for (int64_t j = 0; j < n; j += kCols) {
      const int64_t cols = std::min(kCols, n - j);
      for (int64_t s = 0; s < terms; ++s) std::copy_n(b + (t + s) * n + j, cols, panel + s * kCols);
      AddBlock(m, cols, terms, a + t, k, panel, kCols, y + j, n);
    }
  }
}
// #endregion step

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::ladder {

HWY_EXPORT(MatmulPacking);
void Packing(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  HWY_DYNAMIC_DISPATCH(MatmulPacking)(a, b, y, m, n, k);
}

}  // namespace prova::ladder
#endif

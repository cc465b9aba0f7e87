#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/ladder/step5_cache_blocks.cc"
#include "hwy/foreach_target.h"

#include "ops/matmul/ladder/ladder.h"

#include "ops/matmul/ladder/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region step
inline constexpr int64_t kBlockRows = 240, kBlockTerms = 256;

void MatmulCacheBlocks(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  std::fill_n(y, m * n, 0.0f);
  for (int64_t i = 0; i < m; i += kBlockRows) {
    for (int64_t t = 0; t < k; t += kBlockTerms) {
      AddBlock(std::min(kBlockRows, m - i), n, std::min(kBlockTerms, k - t), a + i * k + t, k,
               b + t * n, n, y + i * n, n);
    }
  }
}
// #endregion step

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::ladder {

HWY_EXPORT(MatmulCacheBlocks);
void CacheBlocks(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  HWY_DYNAMIC_DISPATCH(MatmulCacheBlocks)(a, b, y, m, n, k);
}

}  // namespace prova::ladder
#endif

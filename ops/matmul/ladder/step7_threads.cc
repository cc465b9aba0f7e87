#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/ladder/step7_threads.cc"
#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "ops/matmul/ladder/ladder.h"

#include "ops/matmul/ladder/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region step
inline constexpr int64_t kBlockRows = 256, kBlockTerms = 256;

/// y += a b for a few rows, b packed a panel at a time.
void AddRows(int64_t m, int64_t n, int64_t k, const float* a, const float* b, float* y) {
  HWY_ALIGN float panel[kBlockTerms * kCols];
  for (int64_t t = 0; t < k; t += kBlockTerms) {
    const int64_t terms = std::min(kBlockTerms, k - t);
    for (int64_t j = 0; j < n; j += kCols) {
      const int64_t cols = std::min(kCols, n - j);
      for (int64_t s = 0; s < terms; ++s) std::copy_n(b + (t + s) * n + j, cols, panel + s * kCols);
      AddBlock(m, cols, terms, a + t, k, panel, kCols, y + j, n);
    }
  }
}

void MatmulThreads(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  ParallelFor(m, kBlockRows, [&](int64_t begin, int64_t end) {
    std::fill_n(y + begin * n, (end - begin) * n, 0.0f);
    AddRows(end - begin, n, k, a + begin * k, b, y + begin * n);
  });
}
// #endregion step

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::ladder {

HWY_EXPORT(MatmulThreads);
void Threads(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  HWY_DYNAMIC_DISPATCH(MatmulThreads)(a, b, y, m, n, k);
}

}  // namespace prova::ladder
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/ladder/step4_register_tile.cc"
#include "hwy/foreach_target.h"

#include "ops/matmul/ladder/ladder.h"

#include "ops/matmul/ladder/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region step
void MatmulRegisterTile(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  std::fill_n(y, m * n, 0.0f);
  AddBlock(m, n, k, a, k, b, n, y, n);
}
// #endregion step

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::ladder {

HWY_EXPORT(MatmulRegisterTile);
void RegisterTile(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  HWY_DYNAMIC_DISPATCH(MatmulRegisterTile)(a, b, y, m, n, k);
}

}  // namespace prova::ladder
#endif

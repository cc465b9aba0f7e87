#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d/ladder/step4_register_tile.cc"
#include <algorithm>
#include <vector>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "ops/conv2d/ladder/windows.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
using namespace ladder;
namespace hn = hwy::HWY_NAMESPACE;

// #region step
/// Sums stay in registers: a tile of 8 filters x 2 vectors of windows is computed over all terms
/// before it is stored. Two loads and eight broadcasts serve sixteen multiply-adds.
void RegisterTile(const Layer& of, const float* x, const float* weight, float* y) {
  const hn::ScalableTag<float> d;
  constexpr int64_t kFilters = 8, kLanes = hn::MaxLanes(d), kCols = 2 * kLanes;
  const int64_t terms = of.terms(), cells = of.cells();
  // Room behind the last row, for whole vectors.
  std::vector<float> matrix(terms * cells + kCols);
  for (int64_t n = 0; n < of.images; ++n) {
    CopyWindows(of, x + n * of.in * of.size * of.size, matrix.data());
    for (int64_t q = 0; q < cells; q += kCols) {
      for (int64_t o = 0; o < of.out; o += kFilters) {
        hn::Vec<decltype(d)> sum[kFilters][2];
        const float* factors[kFilters];
        HWY_UNROLL(8)
        for (int r = 0; r < kFilters; ++r) {
          sum[r][0] = sum[r][1] = hn::Zero(d);
          factors[r] = weight + std::min(o + r, of.out - 1) * terms;
        }
        for (int64_t t = 0; t < terms; ++t) {
          const float* from = matrix.data() + t * cells + q;
          const auto left = hn::LoadU(d, from), right = hn::LoadU(d, from + kLanes);
          HWY_UNROLL(8)
          for (int r = 0; r < kFilters; ++r) {
            const auto factor = hn::Set(d, factors[r][t]);
            sum[r][0] = hn::MulAdd(factor, left, sum[r][0]);
            sum[r][1] = hn::MulAdd(factor, right, sum[r][1]);
          }
        }
        HWY_UNROLL(8)
        for (int r = 0; r < kFilters; ++r) {
          if (o + r >= of.out) break;
          float stored[kCols];
          hn::StoreU(sum[r][0], d, stored);
          hn::StoreU(sum[r][1], d, stored + kLanes);
          std::copy_n(stored, std::min(kCols, cells - q), y + (n * of.out + o + r) * cells + q);
        }
      }
    }
  }
}
// #endregion step

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::ladder {

HWY_EXPORT(RegisterTile);
void RegisterTile(const Layer& of, const float* x, const float* weight, float* y) {
  HWY_DYNAMIC_DISPATCH(RegisterTile)(of, x, weight, y);
}

}  // namespace prova::ladder
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d/ladder/step6_blocks.cc"
#include <algorithm>
#include <vector>

#include "hwy/foreach_target.h"

#include "ops/conv2d/ladder/places.h"

#include "ops/conv2d/ladder/places-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
using namespace ladder;

// #region step
/// Blocks for the caches: a panel of weights serves sixteen tiles while it is near, and the sums of
/// a block are turned into planes at once, in long runs, instead of tile by tile.
void Blocks(const Layer& of, const float* x, const float* weight, float* y) {
  constexpr int64_t kBlock = 16 * kPlaces;
  const int64_t out = of.out_size(), width = of.size + 2 * of.padding;
  const std::vector<float> padded = Padded(of, x), panels = PackFilters(of, weight);
  const std::vector<int64_t> offsets = TermOffsets(of);
  std::vector<float> sums(kBlock * kPanel);
  std::vector<int64_t> place(kBlock);
  for (int64_t n = 0; n < of.images; ++n) {
    const float* image = padded.data() + n * of.in * width * width;
    for (int64_t q = 0; q < of.cells(); q += kBlock) {
      for (int64_t p = 0; p < kBlock; ++p) {
        const int64_t window = std::min(q + p, of.cells() - 1);
        place[p] = window / out * width + window % out;
      }
      const int64_t count = std::min(kBlock, of.cells() - q);
      for (int64_t o = 0; o < of.out; o += kPanel) {
        for (int64_t p = 0; p < count; p += kPlaces) {
          SumTile(image, place.data() + p, offsets, panels.data() + o * of.terms(),
                  sums.data() + p * kPanel);
        }
        for (int64_t f = 0; f < std::min(kPanel, of.out - o); ++f) {
          float* to = y + (n * of.out + o + f) * of.cells() + q;
          for (int64_t p = 0; p < count; ++p) to[p] = sums[p * kPanel + f];
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

HWY_EXPORT(Blocks);
void Blocks(const Layer& of, const float* x, const float* weight, float* y) {
  HWY_DYNAMIC_DISPATCH(Blocks)(of, x, weight, y);
}

}  // namespace prova::ladder
#endif

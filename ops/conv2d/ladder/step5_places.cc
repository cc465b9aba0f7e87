#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d/ladder/step5_places.cc"
#include <algorithm>
#include <vector>

#include "hwy/foreach_target.h"

#include "ops/conv2d/ladder/places.h"

#include "ops/conv2d/ladder/places-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
using namespace ladder;

// #region step
/// The roles change: filters run along the vectors and windows are broadcast. A broadcast loads
/// from any address, so the matrix of windows is not needed any more.
void PlacesOfWindows(const Layer& of, const float* x, const float* weight, float* y) {
  const int64_t out = of.out_size(), width = of.size + 2 * of.padding;
  const std::vector<float> padded = Padded(of, x), panels = PackFilters(of, weight);
  const std::vector<int64_t> offsets = TermOffsets(of);
  for (int64_t n = 0; n < of.images; ++n) {
    const float* image = padded.data() + n * of.in * width * width;
    for (int64_t q = 0; q < of.cells(); q += kPlaces) {
      int64_t place[kPlaces];
      for (int64_t p = 0; p < kPlaces; ++p) {
        const int64_t window = std::min(q + p, of.cells() - 1);
        place[p] = window / out * width + window % out;
      }
      for (int64_t o = 0; o < of.out; o += kPanel) {
        float sums[kPlaces * kPanel];
        SumTile(image, place, offsets, panels.data() + o * of.terms(), sums);
        for (int64_t f = 0; f < std::min(kPanel, of.out - o); ++f) {
          float* to = y + (n * of.out + o + f) * of.cells() + q;
          for (int64_t p = 0; p < std::min(kPlaces, of.cells() - q); ++p) {
            to[p] = sums[p * kPanel + f];
          }
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

HWY_EXPORT(PlacesOfWindows);
void PlacesOfWindows(const Layer& of, const float* x, const float* weight, float* y) {
  HWY_DYNAMIC_DISPATCH(PlacesOfWindows)(of, x, weight, y);
}

}  // namespace prova::ladder
#endif

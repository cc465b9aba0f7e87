// The tile of places of steps 5 and 6; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_CONV2D_LADDER_PLACES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_LADDER_PLACES_INL_H_
#undef PROVA_OPS_CONV2D_LADDER_PLACES_INL_H_
#else
#define PROVA_OPS_CONV2D_LADDER_PLACES_INL_H_
#endif

#include <vector>

#include "hwy/highway.h"

#include "ops/conv2d/ladder/places.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using ladder::Layer;

inline constexpr int64_t kPanel = 2 * hn::MaxLanes(hn::ScalableTag<float>());

/// Weights as panels of two vectors of filters: [out / kPanel][terms][kPanel].
inline std::vector<float> PackFilters(const Layer& of, const float* weight) {
  const int64_t terms = of.terms(), panels = (of.out + kPanel - 1) / kPanel;
  std::vector<float> packed(panels * terms * kPanel);
  for (int64_t o = 0; o < of.out; ++o) {
    for (int64_t t = 0; t < terms; ++t) {
      packed[(o / kPanel * terms + t) * kPanel + o % kPanel] = weight[o * terms + t];
    }
  }
  return packed;
}

inline constexpr int64_t kPlaces = HWY_TARGET <= HWY_AVX3 ? 14 : 6;

// #region tile
/// sums[p][:] = sum over terms of x[place[p] + offset] * panel[term][:].
inline void SumTile(const float* x, const int64_t* place, const std::vector<int64_t>& offsets,
                    const float* panel, float* sums) {
  const hn::ScalableTag<float> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sum[kPlaces][2];
  HWY_UNROLL(14)
  for (auto& row : sum) row[0] = row[1] = hn::Zero(d);
  for (size_t t = 0; t < offsets.size(); ++t) {
    const float* from = x + offsets[t];
    const auto left = hn::LoadU(d, panel + t * kPanel);
    const auto right = hn::LoadU(d, panel + t * kPanel + kLanes);
    HWY_UNROLL(14)
    for (int p = 0; p < kPlaces; ++p) {
      const auto element = hn::Set(d, from[place[p]]);
      sum[p][0] = hn::MulAdd(element, left, sum[p][0]);
      sum[p][1] = hn::MulAdd(element, right, sum[p][1]);
    }
  }
  HWY_UNROLL(14)
  for (int p = 0; p < kPlaces; ++p) {
    hn::StoreU(sum[p][0], d, sums + p * kPanel);
    hn::StoreU(sum[p][1], d, sums + p * kPanel + kLanes);
  }
}
// #endregion tile

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

// The product with exchanged roles: filters are the places, vectors run along the planes; included
// once a Highway target.

#if defined(PROVA_OPS_CONV2D_EXCHANGED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_EXCHANGED_INL_H_
#undef PROVA_OPS_CONV2D_EXCHANGED_INL_H_
#else
#define PROVA_OPS_CONV2D_EXCHANGED_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "ops/common/gemm-inl.h"
#include "ops/conv2d/conv2d_meeting-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
// #region pointwise
/// Where every position reads one element, planes are rows of matrices: target = bias + weight
/// source, for element (f, c) of the weight of a group at f * filter_step + c * channel_step.
template <typename T>
void MultiplyPlanes(const Meeting<T>& of, const T* source, const T* weight, int64_t filter_step,
                    int64_t channel_step, const T* bias, T* target) {
  const int64_t cells = of.source_cells;
  MultiplyMatrices<T>(
      of.images * of.groups, of.filters, cells, of.channels, [&](int64_t batch) -> Product<T> {
        const int64_t group = batch % of.groups;
        Product<T> product = {
            .a = {weight + group * of.filters * of.channels, filter_step, channel_step},
            .b = {source + batch * of.channels * cells, cells, 1},
            .y = {target + batch * of.filters * cells, cells, 1}};
        if (bias != nullptr) product.start = {bias + group * of.filters, 1, 0};
        return product;
      });
}
// #endregion pointwise

// #region narrow
/// Few filters leave most of a vector idle. Where many positions read neighbours, the roles change:
/// filters are the places, taps the terms, and vectors run along the positions.
inline constexpr int64_t kFewFilters = 8;

template <typename T>
bool BeginWithARun(const Places& positions) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  return positions.count >= kLanes && positions.x[kLanes - 1] == positions.x[0] + kLanes - 1;
}

/// sums[row of a position][f] += the products of `width` filters.
template <typename T>
void AddNarrowProducts(int64_t width, const T* x, const Places& positions, const Places& taps,
                       const T* weights, T* sums) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  HWY_ALIGN T tile[kFewFilters * kPanel<T>];
  Places filters, terms, single;
  filters.count = width;
  for (int64_t f = 0; f < width; ++f) filters.x[f] = f;
  terms.count = taps.count;
  std::copy_n(taps.row, taps.count, terms.x);
  std::copy_n(taps.x, taps.count, terms.row);
  for (int64_t begin = 0, end = 0; begin < positions.count; begin = end) {
    for (end = begin + 1; end < positions.count; ++end) {
      if (positions.x[end] != positions.x[begin] + end - begin) break;
    }
    if (end - begin < kLanes) {
      single.count = end - begin;
      std::copy_n(positions.x + begin, single.count, single.x);
      std::copy_n(positions.row + begin, single.count, single.row);
      AddAllProducts(width, x, single, taps, weights, sums);
      continue;
    }
    for (int64_t done = begin; done < end;) {
      // The last vector may overlap the one before: its first lanes are not added again.
      const int64_t cols = end - done >= kPanel<T> ? kPanel<T> : kLanes;
      const int64_t at = std::min(done, end - cols);
      SumAllProducts(cols, weights, filters, terms, x + positions.x[at],
                     [&](int64_t f, int64_t e, auto sum)
                         HWY_ATTR { hn::Store(sum, d, tile + f * kPanel<T> + e); });
      for (; done < at + cols; ++done) {
        for (int64_t f = 0; f < width; ++f) {
          sums[positions.row[done] + f] += tile[f * kPanel<T> + done - at];
        }
      }
    }
  }
}
// #endregion narrow

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

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

#include "base/parallel_for.h"

#include "ops/conv2d/conv2d_meeting-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
// #region pointwise
/// Where every position reads one element, planes are rows of a matrix: now filters are the places,
/// channels the terms, and vectors run along the planes. Computes up to kPanel columns.
template <typename T>
void SumPlanes(const Meeting<T>& of, int64_t cols, const T* source, const T* panels, const T* bias,
               T* target) {
  const hn::ScalableTag<T> d;
  HWY_ALIGN T packed[kMostPlaces * kPanel<T>];
  HWY_ALIGN T narrow[kMostPlaces * kPanel<T>];
  Places filters, channels;
  for (int64_t first = 0; first < of.filters; first += kMostPlaces) {
    filters.count = std::min(kMostPlaces, of.filters - first);
    T* const to = cols == kPanel<T> ? target + first * of.source_cells : narrow;
    const int64_t step = cols == kPanel<T> ? of.source_cells : kPanel<T>;
    for (int64_t r = 0; r < filters.count; ++r) {
      filters.x[r] = (first + r) / kPanel<T> * of.channels * kPanel<T> + (first + r) % kPanel<T>;
      filters.row[r] = r * step;
    }
    for (int64_t c = 0; c < of.channels; c += kMostPlaces) {
      channels.count = std::min(kMostPlaces, of.channels - c);
      for (int64_t r = 0; r < channels.count; ++r) {
        channels.x[r] = channels.row[r] = r * kPanel<T>;
        CopyRow(source + (c + r) * of.source_cells, cols, packed + r * kPanel<T>);
      }
      SumAllProducts(kPanel<T>, panels + c * kPanel<T>, filters, channels, packed,
                     [&](int64_t p, int64_t e, auto sum) HWY_ATTR {
                       const T start = bias == nullptr ? T(0) : bias[first + p];
                       T* const sums = to + filters.row[p] + e;
                       const auto before = c > 0 ? hn::LoadU(d, sums) : hn::Set(d, start);
                       hn::StoreU(hn::Add(before, sum), d, sums);
                     });
    }
    for (int64_t r = 0; to == narrow && r < filters.count; ++r) {
      CopyRow(narrow + r * step, cols, target + (first + r) * of.source_cells);
    }
  }
}

template <typename T>
void CorrelatePlanes(const Meeting<T>& of, const T* source, const T* panels, const T* bias,
                     T* target) {
  const int64_t cells = of.source_cells, pieces = Ceil(cells, kPanel<T>);
  const int64_t panel_size = of.panels() * of.channels * kPanel<T>;
  ParallelFor(of.images * of.groups * pieces, ProductGrain(of.filters * of.channels * kPanel<T>),
              [&](int64_t begin, int64_t end) {
                for (int64_t task = begin; task < end; ++task) {
                  const int64_t image = task / pieces, group = image % of.groups;
                  const int64_t q = task % pieces * kPanel<T>;
                  SumPlanes(of, std::min(kPanel<T>, cells - q),
                            source + image * of.channels * cells + q, panels + group * panel_size,
                            bias == nullptr ? nullptr : bias + group * of.filters,
                            target + image * of.filters * cells + q);
                }
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

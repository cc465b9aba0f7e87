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
/// Some columns of a matrix.
struct Columns {
  int64_t at, width;
};

/// Where every position reads one element, planes are rows of matrices: target = bias + weight
/// source, for element (f, c) of the weight of a group at f * filter_step + c * channel_step.
template <typename T>
void MultiplyMatricesOfPlanes(const Meeting<T>& of, const T* source, const T* weight,
                              int64_t filter_step, int64_t channel_step, const T* bias, T* target) {
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

/// Where weights lie: element (r, c) of the strip of filters that begins at filter f of a group, at
/// group * group_step + f * strip_step + r * filter_step + c * channel_step.
template <typename T>
struct WeightStrips {
  const T* data;
  int64_t group_step, strip_step, filter_step, channel_step;
};

/// Copies weights into `to`, so that what a strip of `rows` filters has lies together.
template <int64_t rows, typename T>
WeightStrips<T> PackStrips(const Meeting<T>& of, const WeightStrips<T>& from, T* to) {
  const int64_t strips = Ceil(of.filters, rows);
  const WeightStrips<T> packed = {.data = to,
                                  .group_step = strips * rows * of.channels,
                                  .strip_step = of.channels,
                                  .filter_step = 1,
                                  .channel_step = rows};
  ParallelFor(
      of.groups * strips, ElementGrain(rows * of.channels), [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t group = task / strips, f = task % strips * rows;
          const Strided<const T> strip = {from.data + group * from.group_step + f * from.strip_step,
                                          from.filter_step, from.channel_step};
          Pack<rows>(strip, std::min(rows, of.filters - f), of.channels,
                     to + group * packed.group_step + f * packed.strip_step);
        }
      });
  return packed;
}

/// The same for planes that fill vectors and terms that fit a list. Tiles of many places read
/// planes where they lie; low ones read them so often that they are copied into panels first.
/// Targets that fill the caches are written around them.
template <typename T>
void MultiplyPlanes(const Meeting<T>& of, const T* source, const T* weight, int64_t filter_step,
                    int64_t channel_step, const T* bias, T* target, T* workspace) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d), kLine = 64 / sizeof(T);
  constexpr bool kPacks = !kManyRegisters;
  constexpr int64_t kRows = kPacks ? 2 * kMostTilePlaces : kMostTilePlaces;
  const int64_t cells = of.source_cells;
  if (cells < kLanes || of.channels > kMostTerms) {
    return MultiplyMatricesOfPlanes(of, source, weight, filter_step, channel_step, bias, target);
  }
  // A chunk and the next one, which is fetched meanwhile, leave room in the second-level cache.
  constexpr int64_t kChunk = (96 << 10) / sizeof(T), kMostPanels = 10;
  constexpr int64_t kPacked = kPacks ? kChunk + kPanel<T> * kMostTerms : 1;
  const int64_t panel_size = kPanel<T> * std::max<int64_t>(1, of.channels);
  const int64_t size = std::clamp<int64_t>(kChunk / panel_size, 2, kMostPanels - 1) * kPanel<T>;
  // A rest that fills no vector belongs to the chunk before it.
  const int64_t chunks = std::max<int64_t>(1, (cells + size - kLanes) / size);
  const int64_t tasks = of.images * of.groups * chunks;
  const int64_t bytes = of.images * of.groups * of.filters * cells * int64_t{sizeof(T)};
  const bool streams = bytes >= kStreamBytes && cells % kLine == 0;
  WeightStrips<T> by = {.data = weight,
                        .group_step = of.filters * of.channels,
                        .strip_step = filter_step,
                        .filter_step = filter_step,
                        .channel_step = channel_step};
  // Weights whose terms lie apart share few sets of the cache.
  if (kPacks && channel_step > 1) by = PackStrips<kRows>(of, by, workspace);
  Places terms;
  terms.count = of.channels;
  terms.row_step = kPacks ? kPanel<T> : cells;
  for (int64_t c = 0; c < of.channels; ++c) {
    terms.x[c] = c * by.channel_step;
    terms.row[c] = c * terms.row_step;
  }
  ParallelFor(
      tasks, ProductGrain(of.filters * of.channels * size), [&](int64_t begin, int64_t end) {
        HWY_ALIGN T packed[kPacked];
        const T no_bias[kRows] = {};
        Places filters;
        for (int64_t r = 0; r < kRows; ++r) filters.x[r] = r * by.filter_step;
        for (int64_t task = begin; task < end; ++task) {
          const int64_t batch = task / chunks, chunk = task % chunks, group = batch % of.groups;
          const int64_t first = chunk * size, last = chunk + 1 == chunks ? cells : first + size;
          const T* from = source + batch * of.channels * cells;
          const T* next =
              source + (task + 1) / chunks * of.channels * cells + (task + 1) % chunks * size;
          // The last vector may overlap the one before.
          Columns panels[kMostPanels];
          int64_t count = 0;
          for (int64_t done = first; done < last; ++count) {
            const int64_t width = last - done >= kPanel<T> ? kPanel<T> : kLanes;
            panels[count] = {std::min(done, last - width), width};
            done = panels[count].at + width;
          }
          for (int64_t i = 0; kPacks && i < count; ++i) {
            const auto [at, width] = panels[i];
            T* to = packed + i * panel_size;
            for (int64_t c = 0; c < of.channels; ++c, to += kPanel<T>) {
              const T* row = from + c * cells + at;
              // Widths that compilers know leave no loop.
              if (width == kPanel<T>) {
                CopyRow(row, kPanel<T>, to);
              } else {
                CopyRow(row, kLanes, to);
              }
            }
          }
          // Rows lie on pages of their own: the first tiles fetch a line of each from the next
          // chunk.
          int64_t fetched = task + 1 < tasks ? 0 : size;
          for (int64_t f = 0; f < of.filters; f += kRows) {
            filters.count = std::min(kRows, of.filters - f);
            const T* weights = by.data + group * by.group_step + f * by.strip_step;
            const T* start = bias == nullptr ? no_bias : bias + group * of.filters + f;
            T* to = target + (batch * of.filters + f) * cells;
            for (int64_t i = 0; i < count; ++i, fetched += kLine) {
              const auto [at, width] = panels[i];
              const T* panel = kPacks ? packed + i * panel_size : from + at;
              T* y = to + at;
              // A choice of stores for each tile, not for each vector of it.
              auto multiply = [&](auto store) HWY_ATTR {
                auto finish = [=](int64_t p, int64_t e, auto sum) HWY_ATTR {
                  store(hn::Add(sum, hn::Set(d, start[p])), y + p * cells + e);
                };
                if (fetched < size) {
                  SumAllProducts<true>(width, weights, filters, terms, panel, finish,
                                       Lines<T>{next + fetched, cells});
                } else {
                  SumAllProducts(width, weights, filters, terms, panel, finish);
                }
              };
              if (streams && reinterpret_cast<uintptr_t>(y) % 64 == 0) {
                multiply([=](auto sum, T* at) HWY_ATTR { hn::Stream(sum, d, at); });
              } else {
                // Fetch the lines of y that the tile will write while its sums are made.
                const int64_t height = filters.count;
                for (int64_t p = 0; p < height; ++p) {
                  for (int64_t e = 0; e < kPanel<T>; e += kLine) hwy::Prefetch(y + p * cells + e);
                }
                multiply([=](auto sum, T* at) HWY_ATTR { hn::StoreU(sum, d, at); });
              }
            }
          }
        }
        if (streams) hwy::FlushStream();
      });
}

/// The gradient of such a weight, in `slices` parts of all positions: slice s of `sums` holds the
/// products of dy with x, turned, [groups, filters, channels].
template <typename T>
void MultiplyPlanesBack(const Meeting<T>& of, const T* dy, const T* x, int64_t slices, T* sums) {
  constexpr int64_t kTasks = 4;
  const int64_t cells = of.source_cells, positions = of.images * cells;
  const int64_t height =
      Ceil(Ceil(of.filters, Ceil(kTasks, slices * of.groups)), kTileRows) * kTileRows;
  const int64_t blocks = Ceil(of.filters, height);
  ParallelFor(slices * of.groups * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t slice = task / blocks / of.groups, group = task / blocks % of.groups;
      const int64_t filter = task % blocks * height, first = slice * positions / slices;
      const int64_t last = (slice + 1) * positions / slices;
      const Strided<T> y = {
          sums + ((slice * of.groups + group) * of.filters + filter) * of.channels, of.channels, 1};
      for (int64_t at = first; at < last;) {
        const int64_t batch = at / cells * of.groups + group, cell = at % cells;
        const int64_t count = std::min(cells - cell, last - at);
        Product<T> product = {.a = {dy + (batch * of.filters + filter) * cells + cell, cells, 1},
                              .b = {x + batch * of.channels * cells + cell, 1, cells},
                              .y = y};
        if (at > first) product.start = y;
        MultiplyBlock<T>(std::min(height, of.filters - filter), of.channels, count, product);
        at += count;
      }
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
      AddAllProducts(width, x, single, taps, weights, static_cast<const T*>(nullptr), sums);
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

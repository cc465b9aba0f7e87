#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d/conv2d_simd.cc"
#include "hwy/foreach_target.h"

#include "base/parallel_for.h"
#include "ops/conv2d/conv2d_kernels.h"
#include "ops/conv2d/conv2d_stretches.h"

#include "ops/conv2d/conv2d_columns-inl.h"
#include "ops/conv2d/conv2d_depthwise-inl.h"
#include "ops/conv2d/conv2d_exchanged-inl.h"
#include "ops/conv2d/conv2d_flat-inl.h"
#include "ops/conv2d/conv2d_meeting-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
using namespace simd;

/// Panels that meet what a list holds of the source one after the other, so that it comes from the
/// second-level cache for all but the first, and the list is made once.
inline constexpr int64_t kPanelsTogether = kManyRegisters ? 1 : 4;

/// As many as leave each of several threads `share` tasks, of so many with one panel each.
inline int64_t PanelsTogether(int64_t tasks, int64_t share) {
  const int64_t threads = NumThreads();
  return std::clamp<int64_t>(threads == 1 ? tasks : tasks / (share * threads), 1, kPanelsTogether);
}

/// target = bias + sum over taps of source * weight. panels: [groups][panels][channels][taps]
/// [panel_cols].
template <typename T>
void Correlate(const Meeting<T>& of, const T* source, const T* panels, const T* bias, T* target) {
  constexpr int64_t kLeast = 32, kTasks = 4;
  const int64_t all = of.images * of.target_cells() * of.panels();
  // Part of a plane takes half: the lists are few beside its products, and sums stay in the cache.
  const int64_t most = of.target_cells() < kMostPlaces / 2 ? kMostPlaces : kMostPlaces / 2;
  const Blocks blocks(of, std::clamp(all / kTasks, kLeast, most));
  const int64_t panel_size = of.channels * of.taps * of.panel_cols();
  const int64_t grain = ProductGrain(blocks.most() * panel_size);
  constexpr int64_t kShare = 16;  // Tasks that are few would not be shared out evenly.
  const int64_t together = PanelsTogether(of.groups * blocks.count * of.panels(), kShare);
  const int64_t bundles = Ceil(of.panels(), together);
  ParallelFor(of.groups * blocks.count * bundles, grain, [&](int64_t begin, int64_t end) {
    HWY_ALIGN T sums[kPanelsTogether][kMostPlaces * kPanel<T>];
    HWY_ALIGN T starts[kPanelsTogether][kPanel<T>] = {};
    for (int64_t task = begin; task < end; ++task) {
      const int64_t panel = task % bundles * together, group = task / bundles / blocks.count;
      const int64_t count = std::min(together, of.panels() - panel);
      const Block block = blocks[task / bundles % blocks.count];
      int64_t widths[kPanelsTogether];
      for (int64_t i = 0; i < count; ++i) {
        const int64_t first = (panel + i) * kPanel<T>;
        widths[i] = std::min(kPanel<T>, of.filters - first);
        if (bias != nullptr) std::copy_n(bias + group * of.filters + first, widths[i], starts[i]);
        const bool is_narrow = widths[i] <= kFewFilters;
        for (int64_t p = 0; is_narrow && p < block.positions(); ++p) {
          CopyRow(starts[i], of.panel_cols(), sums[i] + p * of.panel_cols());
        }
      }
      const T* weights = panels + (group * of.panels() + panel) * panel_size;
      ForEachMeeting(
          of, block, group, source,
          [&](const Places& positions, const Places& taps, const T* x, int64_t row, bool is_first) {
            for (int64_t i = 0; i < count; ++i) {
              const T* factors = weights + i * panel_size + row;
              if (widths[i] <= kFewFilters && BeginWithARun<T>(positions)) {
                AddNarrowProducts(widths[i], x, positions, taps, factors, sums[i]);
              } else {
                AddAllProducts(widths[i], x, positions, taps, factors,
                               is_first ? starts[i] : nullptr, sums[i]);
              }
            }
          });
      for (int64_t i = 0; i < count; ++i) {
        const int64_t filter = group * of.filters + (panel + i) * kPanel<T>;
        StorePanel(of, block, widths[i], sums[i], target + filter * of.target_cells());
      }
    }
  });
}

/// How the terms of each filter of a group lie in memory: so many runs of neighbours.
struct WeightRuns {
  int64_t filters, filter_step;
  int64_t runs, run_step, length;
};

/// panels: [groups][panels of filters][terms][columns], zeros behind the last filter.
template <typename T>
void PackPanels(int64_t groups, const WeightRuns& of, const T* weight, T* panels) {
  const int64_t count = Ceil(of.filters, kPanel<T>), cols = PanelCols<T>(of.filters);
  ParallelFor(groups * count * of.runs, ElementGrain(cols * of.length),
              [&](int64_t begin, int64_t end) {
                for (int64_t task = begin; task < end; ++task) {
                  const int64_t run = task % of.runs, group = task / of.runs / count;
                  const int64_t first = task / of.runs % count * kPanel<T>;
                  const int64_t width = std::min(kPanel<T>, of.filters - first);
                  T* packed = panels + task * of.length * cols;
                  if (width < cols) std::fill_n(packed, of.length * cols, T(0));
                  Transpose(width, of.length,
                            weight + group * of.filters * of.runs * of.length +
                                first * of.filter_step + run * of.run_step,
                            of.filter_step, packed, cols);
                }
              });
}

/// x or y: channels of a group, and the sides of a plane.
struct Planes {
  int64_t channels, height, width;
};
inline Planes PlanesOfX(const Conv2dGeometry& of) { return {of.in, of.rows.size, of.cols.size}; }
inline Planes PlanesOfY(const Conv2dGeometry& of) { return {of.out, of.rows.out, of.cols.out}; }

/// Positions of the target meet the source under taps; `find` tells their stretches of an axis.
template <typename T>
Meeting<T> Meet(const Conv2dGeometry& of, const Conv2dBuffers<T>& buffers, const Planes& source,
                const Planes& target, int64_t (*find)(const Conv2dAxis&, Stretch*)) {
  return {.images = of.images,
          .groups = of.groups,
          .channels = source.channels,
          .filters = target.channels,
          .source_cells = source.height * source.width,
          .source_width = source.width,
          .target_height = target.height,
          .target_width = target.width,
          .taps = of.taps(),
          .taps_across = of.cols.kernel,
          .rows = buffers.rows,
          .cols = buffers.cols,
          .row_stretches = find(of.rows, buffers.rows),
          .col_stretches = find(of.cols, buffers.cols)};
}

// #region forward
/// Windows meet x: the result, and the gradient of the weight.
template <typename T>
Meeting<T> WindowsMeetElements(const Conv2dGeometry& of, const Conv2dBuffers<T>& buffers) {
  return Meet(of, buffers, PlanesOfX(of), PlanesOfY(of), simd::FindWindows);
}

template <typename T>
void Forward(const Conv2dArgs& args) {
  const Conv2dGeometry& of = args.of;
  const T* x = static_cast<const T*>(args.x);
  const T* weight = static_cast<const T*>(args.weight);
  const T* bias = static_cast<const T*>(args.bias);
  T* y = static_cast<T*>(args.y);
  const int64_t terms = of.in * of.taps();
  if (FlatPays<T>(of, of.in, of.out)) {
    const FlatWeight by = {.filters = of.out,
                           .channels = of.in,
                           .filter_step = terms,
                           .channel_step = of.taps(),
                           .turned = false};
    return CorrelateFlat(of, by, x, weight, bias, y);
  }
  const Conv2dBuffers<T> buffers(args.workspace, of);
  const Meeting<T> meeting = WindowsMeetElements(of, buffers);
  if (meeting.IsPointwise())
    return MultiplyPlanes(meeting, x, weight, of.in, 1, bias, y, buffers.panels);
  PackPanels(of.groups, {.filters = of.out, .filter_step = terms, .runs = 1, .length = terms},
             weight, buffers.panels);
  Correlate(meeting, x, buffers.panels, bias, y);
}
// #endregion forward

// #region backward_input
/// Elements of x meet the windows over them: the gradient of the input.
template <typename T>
Meeting<T> ElementsMeetWindows(const Conv2dGeometry& of, const Conv2dBuffers<T>& buffers) {
  return Meet(of, buffers, PlanesOfY(of), PlanesOfX(of), simd::FindElements);
}

template <typename T>
void BackwardInput(const Conv2dBackwardInputArgs& args) {
  const Conv2dGeometry& of = args.of;
  const T* dy = static_cast<const T*>(args.dy);
  const T* weight = static_cast<const T*>(args.weight);
  const T* no_bias = nullptr;
  T* dx = static_cast<T*>(args.dx);
  if (FlatPays<T>(of, of.out, of.in)) {
    const FlatWeight by = {.filters = of.in,
                           .channels = of.out,
                           .filter_step = of.taps(),
                           .channel_step = of.in * of.taps(),
                           .turned = true};
    return CorrelateFlat(of, by, dy, weight, no_bias, dx);
  }
  const ProductRing<T> ring(of);
  if (ring.fits) return SumColumns(of, ring, dy, weight, dx);
  const Conv2dBuffers<T> buffers(args.workspace, of);
  const Meeting<T> meeting = ElementsMeetWindows(of, buffers);
  if (meeting.IsPointwise())
    return MultiplyPlanes(meeting, dy, weight, 1, of.in, no_bias, dx, buffers.panels);
  PackPanels(of.groups,
             {.filters = of.in,
              .filter_step = of.taps(),
              .runs = of.out,
              .run_step = of.in * of.taps(),
              .length = of.taps()},
             weight, buffers.panels);
  Correlate(meeting, dy, buffers.panels, no_bias, dx);
}
// #endregion backward_input

// #region backward_weight
/// sums += share, vectors of both.
template <typename T>
void AddTo(T* sums, const T* share, int64_t count) {
  const hn::ScalableTag<T> d;
  for (int64_t e = 0; e < count; e += hn::Lanes(d)) {
    hn::Store(hn::Add(hn::Load(d, sums + e), hn::Load(d, share + e)), d, sums + e);
  }
}

/// to = the sum of `slices` arrays of `count` elements behind each other.
template <typename T>
void SumSlices(int64_t slices, int64_t count, const T* from, T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  ParallelFor(Ceil(count, lanes), ElementGrain(slices * lanes), [&](int64_t begin, int64_t end) {
    for (int64_t e = begin * lanes; e < std::min(end * lanes, count); e += lanes) {
      const int64_t rest = std::min(lanes, count - e);
      auto sum = LoadUpTo(d, from + e, rest);
      for (int64_t slice = 1; slice < slices; ++slice) {
        sum = hn::Add(sum, LoadUpTo(d, from + slice * count + e, rest));
      }
      StoreUpTo(sum, d, to + e, rest);
    }
  });
}

template <typename T>
void BackwardWeight(const Conv2dBackwardWeightArgs& args) {
  const Conv2dGeometry& of = args.of;
  const Conv2dBuffers<T> buffers(args.workspace, of);
  if (of.in * of.taps() <= kFewTerms && FlatFits<T>(of, of.in)) {
    const int64_t slices = FlatSlices(of);
    CorrelateFlatBack(of, static_cast<const T*>(args.dy), static_cast<const T*>(args.x), slices,
                      buffers.panels);
    return SumSlices(slices, of.groups * of.out * of.in * of.taps(), buffers.panels,
                     static_cast<T*>(args.dweight));
  }
  const Meeting<T> meeting = WindowsMeetElements(of, buffers);
  const int64_t terms = of.in * of.taps(), panels = meeting.panels();
  const int64_t slices = Conv2dSlices(of), panel_size = terms * meeting.panel_cols();
  if (meeting.IsPointwise()) {
    MultiplyPlanesBack(meeting, static_cast<const T*>(args.dy), static_cast<const T*>(args.x),
                       slices, buffers.panels);
    return SumSlices(slices, of.groups * of.out * of.in, buffers.panels,
                     static_cast<T*>(args.dweight));
  }
  const Blocks blocks(meeting, kMostPlaces);
  const int64_t together = PanelsTogether(of.groups * panels * slices, 2);
  const int64_t bundles = Ceil(panels, together);
  ParallelFor(of.groups * bundles * slices, 1, [&](int64_t begin, int64_t end) {
    HWY_ALIGN T dy[kPanelsTogether][kMostPlaces * kPanel<T>];
    const T* no_start = nullptr;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t slice = task % slices, group = task / slices / bundles;
      const int64_t first = task / slices % bundles * together;
      const int64_t count = std::min(together, panels - first);
      T* sums[kPanelsTogether];
      int64_t widths[kPanelsTogether];
      for (int64_t i = 0; i < count; ++i) {
        sums[i] = buffers.panels + ((group * panels + first + i) * slices + slice) * panel_size;
        std::fill_n(sums[i], panel_size, T(0));
        widths[i] = std::min(kPanel<T>, of.out - (first + i) * kPanel<T>);
        if (widths[i] < meeting.panel_cols()) {
          std::fill_n(dy[i], blocks.most() * meeting.panel_cols(), T(0));
        }
      }
      for (int64_t b = slice * blocks.count / slices; b < (slice + 1) * blocks.count / slices;
           ++b) {
        for (int64_t i = 0; i < count; ++i) {
          const int64_t filter = group * of.out + (first + i) * kPanel<T>;
          LoadPanel(meeting, blocks[b], widths[i],
                    static_cast<const T*>(args.dy) + filter * meeting.target_cells(), dy[i]);
        }
        ForEachMeeting(
            meeting, blocks[b], group, static_cast<const T*>(args.x),
            [&](const Places& positions, const Places& taps, const T* x, int64_t row, bool) {
              for (int64_t i = 0; i < count; ++i) {
                AddAllProducts(widths[i], x, taps, positions, dy[i], no_start, sums[i] + row);
              }
            });
      }
    }
  });
  ParallelFor(
      of.groups * panels, ElementGrain(slices * panel_size), [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          T* sums = buffers.panels + task * slices * panel_size;
          for (int64_t slice = 1; slice < slices; ++slice) {
            AddTo(sums, sums + slice * panel_size, panel_size);
          }
          const int64_t first = task % panels * kPanel<T>;
          Transpose(terms, std::min(kPanel<T>, of.out - first), sums, meeting.panel_cols(),
                    static_cast<T*>(args.dweight) + (task / panels * of.out + first) * terms,
                    terms);
        }
      });
}
// #endregion backward_weight

void Conv2d(const Conv2dArgs& args) {
  if (args.of.images * args.of.groups * args.of.out == 0) return;
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (DepthwiseFits<T>(args.of)) return DepthwiseForward<T>(args);
    Forward<T>(args);
  });
}

void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args) {
  if (args.of.images * args.of.groups * args.of.in * args.of.rows.size * args.of.cols.size == 0)
    return;
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (DepthwiseFits<T>(args.of)) return DepthwiseBackwardInput<T>(args);
    BackwardInput<T>(args);
  });
}

void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args) {
  if (args.of.groups * args.of.in * args.of.out == 0) return;
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (DepthwiseFits<T>(args.of)) return DepthwiseBackwardWeight<T>(args);
    BackwardWeight<T>(args);
  });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Conv2d);
HWY_EXPORT(Conv2dBackwardInput);
HWY_EXPORT(Conv2dBackwardWeight);
int64_t Conv2dWorkspace(DType dtype, const Conv2dGeometry& of) {
  int64_t bytes = 0;
  VisitFloats(dtype, [&](auto type) {
    bytes = Conv2dBuffers<typename decltype(type)::type>(nullptr, of).bytes;
  });
  return bytes;
}
void Conv2d(const Conv2dArgs& args) { HWY_DYNAMIC_DISPATCH(Conv2d)(args); }
void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args) {
  HWY_DYNAMIC_DISPATCH(Conv2dBackwardInput)(args);
}
void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args) {
  HWY_DYNAMIC_DISPATCH(Conv2dBackwardWeight)(args);
}

}  // namespace prova::simd
#endif

// Convolutions of small planes whose windows are as many as elements: planes moved along their rows
// are the matrix; included once a Highway target.

#if defined(PROVA_OPS_CONV2D_FLAT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_FLAT_INL_H_
#undef PROVA_OPS_CONV2D_FLAT_INL_H_
#else
#define PROVA_OPS_CONV2D_FLAT_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "base/vectors-inl.h"
#include "ops/conv2d/conv2d_kernels.h"

#include "ops/conv2d/conv2d_meeting-inl.h"
#include "ops/conv2d/conv2d_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Elements of the moved planes of one image, for the first-level cache.
inline constexpr int64_t kFlatCells = 8192;

/// How moved planes lie: [channels][taps across][line], where a line holds a plane and the rows of
/// zeros that windows reach above and below it, all in whole vectors.
template <typename T>
struct FlatLines {
  static constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());

  explicit FlatLines(const Conv2dGeometry& of)
      : cells(of.rows.size * of.cols.size),
        rows_above(of.rows.padding * of.cols.size),
        plane(Ceil(rows_above, kLanes) * kLanes),
        whole(Ceil(cells, kLanes) * kLanes),
        line(2 * plane + whole) {}

  /// Where the elements under a tap begin.
  int64_t UnderTap(const Conv2dGeometry& of, int64_t channel, int64_t a, int64_t b) const {
    const int64_t row = a * of.rows.dilation * of.cols.size;
    return (channel * of.cols.kernel + b) * line + plane - rows_above + row;
  }

  int64_t cells, rows_above;
  int64_t plane;  // the place of the plane in a line
  int64_t whole;  // its elements, whole vectors
  int64_t line;
};

/// Whether planes of so many channels may be moved: windows are as many as elements and one element
/// apart, so that the element under a tap is everywhere as far away.
template <typename T>
bool FlatFits(const Conv2dGeometry& of, int64_t channels) {
  auto keeps = [](const Conv2dAxis& axis) { return axis.stride == 1 && axis.out == axis.size; };
  if (!keeps(of.rows) || !keeps(of.cols) || of.taps() == 1 || channels == 0) return false;
  const FlatLines<T> lines(of);
  return lines.cells >= lines.kLanes && lines.rows_above + of.cols.padding <= lines.cells &&
         lines.whole + 2 * of.cols.padding <= kFlatCells && channels * of.taps() <= kMostTerms &&
         channels * of.cols.kernel * lines.line <= kFlatCells;
}

/// Terms beside whose sums the lists and transposes of other ways would be much work.
inline constexpr int64_t kFewTerms = 32;

/// Whether planes are moved: for few terms, or filters that would leave much of a vector idle.
template <typename T>
bool FlatPays(const Conv2dGeometry& of, int64_t channels, int64_t filters) {
  const bool idle = 4 * filters <= 3 * FlatLines<T>::kLanes;
  return (idle || channels * of.taps() <= kFewTerms) && FlatFits<T>(of, channels);
}

/// Parts of the images whose weight gradients are summed apart: each worth a thread.
inline int64_t FlatSlices(const Conv2dGeometry& of) {
  const int64_t products = of.images * of.out * of.in * of.taps() * of.rows.size * of.cols.size;
  return std::clamp<int64_t>(products / kProductGrain, 1, simd::Conv2dSlices(of));
}

// #region flat
/// The planes of an image, each moved along its rows by the taps across and zero where a row ends.
/// What lies under a tap in all windows is then such a plane, some rows further.
template <typename T>
class FlatPlanes {
 public:
  /// Keeps so many images of so many channels.
  FlatPlanes(const Conv2dGeometry& of, int64_t images, int64_t channels)
      : of_(of), lines_(of), channels_(channels) {
    std::fill_n(moved_, images * channels * of.cols.kernel * lines_.line, T(0));
    std::fill_n(apart_, lines_.whole + 2 * of.cols.padding, T(0));
    std::fill_n(inside_, of.cols.kernel * lines_.whole, Bits{0});
    for (int64_t b = 0; b < of.cols.kernel; ++b) {
      const int64_t distance = of.cols.ElementUnder(0, b), first = std::max<int64_t>(0, -distance);
      const int64_t count = of.cols.size - std::max(distance, -distance);
      for (int64_t i = 0; count > 0 && i < of.rows.size; ++i) {
        std::fill_n(inside_ + b * lines_.whole + i * of.cols.size + first, count, Bits{-1});
      }
    }
  }

  const T* data() const { return moved_; }

  /// Moves the planes of the image at `x`, the `number`th that is kept; of memory so much may be
  /// read before them and behind.
  void Move(const T* x, int64_t before, int64_t behind, int64_t number = 0) {
    const hn::ScalableTag<T> d;
    const hn::RebindToSigned<decltype(d)> di;
    const int64_t cells = lines_.cells, reach = of_.cols.padding + lines_.whole - cells;
    T* to = moved_ + number * channels_ * of_.cols.kernel * lines_.line + lines_.plane;
    for (int64_t c = 0; c < channels_; ++c) {
      const T* plane = x + c * cells;
      // The first and the last plane of all are copied first: nothing of x lies beside them.
      if (before + c * cells < reach || behind + (channels_ - 1 - c) * cells < reach) {
        CopyRow(plane, cells, apart_ + of_.cols.padding);
        plane = apart_ + of_.cols.padding;
      }
      const Bits* inside = inside_;
      for (int64_t b = 0; b < of_.cols.kernel; ++b, to += lines_.line) {
        const T* from = plane + b * of_.cols.dilation - of_.cols.padding;
        for (int64_t p = 0; p < lines_.whole; p += lines_.kLanes, inside += lines_.kLanes) {
          const auto mask = hn::BitCast(d, hn::Load(di, inside));
          hn::Store(hn::And(hn::LoadU(d, from + p), mask), d, to + p);
        }
      }
    }
  }

 private:
  using Bits = hn::TFromD<hn::RebindToSigned<hn::ScalableTag<T>>>;

  const Conv2dGeometry& of_;
  FlatLines<T> lines_;
  int64_t channels_;
  HWY_ALIGN T moved_[kFlatCells];      // [images] of lines
  HWY_ALIGN T apart_[kFlatCells];      // a plane with zeros before and behind it
  HWY_ALIGN Bits inside_[kFlatCells];  // all bits or none, [taps across][whole]
};

/// The weight as a correlation of planes reads it: element (f, c, tap) of a group.
struct FlatWeight {
  int64_t filters, channels;
  int64_t filter_step, channel_step;
  bool turned;  // the last tap comes first
};

/// target = bias + the correlation of source with the weight, planes of both as large: each row of
/// the result is a sum of moved planes.
template <typename T>
void CorrelateFlat(const Conv2dGeometry& of, const FlatWeight& by, const T* source, const T* weight,
                   const T* bias, T* target) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const FlatLines<T> lines(of);
  const int64_t cells = lines.cells, planes = of.images * of.groups;
  // Some images a chunk, beside which its lists are little work.
  const int64_t grain =
      std::max(ProductGrain(by.filters * by.channels * of.taps() * cells), planes / 16);
  // Tiles of equal height, as many filters as registers hold at most.
  const int64_t step = Ceil(by.filters, Ceil(by.filters, kMostTilePlaces));
  ParallelFor(planes, grain, [&](int64_t begin, int64_t end) {
    FlatPlanes<T> flat(of, 1, by.channels);
    Places terms, filters;
    for (int64_t c = 0; c < by.channels; ++c) {
      int64_t tap = 0;
      for (int64_t a = 0; a < of.rows.kernel; ++a) {
        for (int64_t b = 0; b < of.cols.kernel; ++b, ++tap) {
          terms.Add(c * by.channel_step + (by.turned ? of.taps() - 1 - tap : tap),
                    lines.UnderTap(of, c, a, b));
        }
      }
    }
    for (int64_t f = 0; f < step; ++f) filters.x[f] = f * by.filter_step;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t size = by.channels * cells;
      flat.Move(source + task * size, task * size, (planes - 1 - task) * size);
      for (int64_t f = 0; f < by.filters; f += step) {
        filters.count = std::min(step, by.filters - f);
        const int64_t group = task % of.groups;
        const T* weights =
            weight + group * by.filters * by.channels * of.taps() + f * by.filter_step;
        const T* start = bias == nullptr ? nullptr : bias + group * by.filters + f;
        const bool is_few = filters.count <= kFewTilePlaces;
        for (int64_t done = 0; done < cells;) {
          const int64_t rest = cells - done;
          int64_t width = rest >= kPanel<T> ? kPanel<T> : kLanes;
          if (is_few && rest >= 2 * kPanel<T>) width = 2 * kPanel<T>;
          // The last vector may overlap the one before.
          const int64_t at = std::min(done, cells - width);
          T* to = target + (task * by.filters + f) * cells + at;
          SumAllProducts(width, weights, filters, terms, flat.data() + at,
                         [=](int64_t p, int64_t e, auto sum) HWY_ATTR {
                           if (start != nullptr) sum = hn::Add(sum, hn::Set(d, start[p]));
                           hn::StoreU(sum, d, to + p * cells + e);
                         });
          done = at + width;
        }
      }
    }
  });
}
// #endregion flat

// #region flat_back
/// sums[f][t] += <dy[f], the moved plane of term t>, which begins at at[t], over images.
template <int filters, int terms, typename T>
HWY_NOINLINE void AddFlatDots(int64_t images, int64_t cells, const T* dy, int64_t dy_image,
                              const T* moved, const int64_t* at, int64_t moved_image, T* sums,
                              int64_t sums_row) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sum[filters][terms];
  HWY_UNROLL(4)
  for (int f = 0; f < filters; ++f) {
    HWY_UNROLL(3)
    for (int t = 0; t < terms; ++t) sum[f][t] = hn::Zero(d);
  }
  for (int64_t n = 0; n < images; ++n, dy += dy_image, moved += moved_image) {
    for (int64_t p = 0; p < cells; p += kLanes) {
      const int64_t count = std::min(kLanes, cells - p);
      hn::Vec<decltype(d)> under[terms];
      HWY_UNROLL(3)
      for (int t = 0; t < terms; ++t) under[t] = LoadUpTo(d, moved + at[t] + p, count);
      HWY_UNROLL(4)
      for (int f = 0; f < filters; ++f) {
        const auto windows = LoadUpTo(d, dy + f * cells + p, count);
        HWY_UNROLL(3)
        for (int t = 0; t < terms; ++t) sum[f][t] = hn::MulAdd(windows, under[t], sum[f][t]);
      }
    }
  }
  HWY_UNROLL(4)
  for (int f = 0; f < filters; ++f) {
    HWY_UNROLL(3)
    for (int t = 0; t < terms; ++t) {
      sums[f * sums_row + t] += hn::GetLane(hn::SumOfLanes(d, sum[f][t]));
    }
  }
}

/// The gradient of such a weight, in `slices` parts of the images: slice s of `sums` holds the
/// products of dy with the moved planes, [groups, filters, terms].
template <typename T>
void CorrelateFlatBack(const Conv2dGeometry& of, const T* dy, const T* x, int64_t slices, T* sums) {
  const FlatLines<T> lines(of);
  const int64_t cells = lines.cells, terms = of.in * of.taps();
  const int64_t image_size = of.in * of.cols.kernel * lines.line;
  const int64_t together = std::min(of.images, kFlatCells / image_size);
  ParallelFor(slices * of.groups, 1, [&](int64_t begin, int64_t end) {
    FlatPlanes<T> flat(of, together, of.in);
    const int64_t size = of.in * cells, planes = of.images * of.groups;
    int64_t at[kMostTerms];
    for (int64_t t = 0; t < terms; ++t) {
      const int64_t tap = t % of.taps();
      at[t] = lines.UnderTap(of, t / of.taps(), tap / of.cols.kernel, tap % of.cols.kernel);
    }
    const std::integral_constant<int, 4> four;
    const std::integral_constant<int, 3> three;
    const std::integral_constant<int, 1> one;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t slice = task / of.groups, group = task % of.groups;
      T* to = sums + task * of.out * terms;
      std::fill_n(to, of.out * terms, T(0));
      const int64_t last = (slice + 1) * of.images / slices;
      for (int64_t n = slice * of.images / slices, count = 0; n < last; n += count) {
        count = std::min(together, last - n);
        for (int64_t image = 0; image < count; ++image) {
          const int64_t plane = (n + image) * of.groups + group;
          flat.Move(x + plane * size, plane * size, (planes - 1 - plane) * size, image);
        }
        const T* windows = dy + (n * of.groups + group) * of.out * cells;
        int64_t f = 0;
        auto dots = [&](auto filters) {
          constexpr int kFilters = decltype(filters)::value;
          for (; f + kFilters <= of.out; f += kFilters) {
            int64_t t = 0;
            auto with = [&](auto width) {
              constexpr int kTerms = decltype(width)::value;
              for (; t + kTerms <= terms; t += kTerms) {
                AddFlatDots<kFilters, kTerms>(count, cells, windows + f * cells,
                                              of.groups * of.out * cells, flat.data(), at + t,
                                              image_size, to + f * terms + t, terms);
              }
            };
            with(three), with(one);
          }
        };
        dots(four), dots(one);
      }
    }
  });
}
// #endregion flat_back

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

// The gradient of an input of few channels: all products first, then their sums; included once a
// Highway target.

#if defined(PROVA_OPS_CONV2D_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_COLUMNS_INL_H_
#undef PROVA_OPS_CONV2D_COLUMNS_INL_H_
#else
#define PROVA_OPS_CONV2D_COLUMNS_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "ops/conv2d/conv2d_kernels.h"

#include "ops/common/gemm-inl.h"
#include "ops/conv2d/conv2d_meeting-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Products that a task keeps, for the second-level cache; and taps of a kernel.
template <typename T>
inline constexpr int64_t kKeptProducts = (384 << 10) / sizeof(T);
inline constexpr int64_t kRingTaps = 256;

/// How the products of an input's gradient are kept: for some channels, those of each tap with the
/// windows of the last few rows, in a ring of rows.
template <typename T>
struct ProductRing {
  explicit ProductRing(const Conv2dGeometry& of) {
    constexpr int64_t kCols = 96, kLanes = hn::MaxLanes(hn::ScalableTag<T>());
    const int64_t reach = Ceil((of.rows.kernel - 1) * of.rows.dilation, of.rows.stride);
    chunk = std::clamp<int64_t>(kCols / of.cols.out, 1, of.rows.out);
    rows = chunk == of.rows.out ? chunk : (Ceil(reach, chunk) + 1) * chunk;
    channels = std::min(of.in, (kKeptProducts<T> - 2 * kLanes) / (of.taps() * line(of)));
    // Few channels leave much of a vector idle, and more of the products that are made directly.
    fits = 4 * of.in <= 3 * kLanes && channels > 0 && of.taps() > 1 && of.taps() <= kRingTaps;
    const int64_t tasks = std::max<int64_t>(1, of.images * of.groups);
    bands = std::clamp<int64_t>(of.rows.out / (8 * reach + 1), 1, Ceil(8, tasks));
  }
  int64_t line(const Conv2dGeometry& of) const { return rows * of.cols.out; }

  int64_t chunk, rows;  // rows of windows that are multiplied together, and that are kept
  int64_t channels;     // that are kept together
  int64_t bands;        // of rows of an image, one a task
  bool fits;
};

// #region sums
/// A row of the gradient for `channels` channels: to[q] = the sum of the kept products of all taps
/// (a, b) with the windows that have q under them. Products lie as [channel][tap][line]; vectors
/// run along elements `stride` apart.
template <typename T>
void SumProductsOfRow(const Conv2dGeometry& of, const ProductRing<T>& ring, int64_t channels,
                      const T* products, int64_t first_window, int64_t r, T* to) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const int64_t windows = of.cols.out, stride = of.cols.stride, line = ring.line(of);
  int64_t rows = 0, row_from[kRingTaps];
  for (int64_t a = 0; a < of.rows.kernel; ++a) {
    const int64_t i = of.rows.WindowOver(r, a);
    if (i < 0) continue;
    row_from[rows++] = a * of.cols.kernel * line + (i - first_window) % ring.rows * windows;
  }
  for (int64_t residue = 0; residue < std::min(stride, of.cols.size); ++residue) {
    const int64_t count = Ceil(of.cols.size - residue, stride);
    for (int64_t m = 0; m < count; m += kLanes) {
      // Where the products of each tap lie, and which of them are of windows that exist.
      int64_t terms = 0, from[kRingTaps];
      hn::Mask<decltype(d)> inside[kRingTaps];
      bool whole = true;
      for (int64_t b = 0; b < of.cols.kernel; ++b) {
        const int64_t distance = residue + of.cols.padding - b * of.cols.dilation;
        const int64_t j = m + distance / stride;
        if (distance % stride != 0 || j <= -kLanes || j >= windows) continue;
        whole = whole && j >= 0 && j + kLanes <= windows;
        const auto before = hn::FirstN(d, static_cast<size_t>(std::max<int64_t>(0, -j)));
        const auto exist = hn::AndNot(before, hn::FirstN(d, static_cast<size_t>(windows - j)));
        for (int64_t a = 0; a < rows; ++a, ++terms) {
          from[terms] = row_from[a] + b * line + j;
          inside[terms] = exist;
        }
      }
      for (int64_t c = 0; c < channels; ++c) {
        const T* kept = products + c * of.taps() * line;
        auto sum = hn::Zero(d);
        if (whole) {
          for (int64_t t = 0; t < terms; ++t) sum = hn::Add(sum, hn::LoadU(d, kept + from[t]));
        } else {
          for (int64_t t = 0; t < terms; ++t) {
            sum = hn::Add(sum, hn::IfThenElseZero(inside[t], hn::LoadU(d, kept + from[t])));
          }
        }
        T* row = to + c * of.rows.size * of.cols.size + m * stride + residue;
        const int64_t rest = std::min(kLanes, count - m);
        if (stride == 1) {
          StoreUpTo(sum, d, row, rest);
          continue;
        }
        HWY_ALIGN T apart[kLanes];
        hn::Store(sum, d, apart);
        for (int64_t e = 0; e < rest; ++e) row[e * stride] = apart[e];
      }
    }
  }
}
// #endregion sums

// #region columns
/// dx of few channels: a matrix product of the weight, turned, with dy has a row for each tap of
/// each channel, all windows long; the elements of x under a window are sums across these rows.
template <typename T>
void SumColumns(const Conv2dGeometry& of, const ProductRing<T>& ring, const T* dy, const T* weight,
                T* dx) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const int64_t height = Ceil(of.rows.size, ring.bands), line = ring.line(of);
  const int64_t windows = of.rows.out * of.cols.out, cells = of.rows.size * of.cols.size;
  const int64_t grain = ProductGrain(of.out * of.in * of.taps() * windows / ring.bands);
  ParallelFor(of.images * of.groups * ring.bands, grain, [&](int64_t begin, int64_t end) {
    // A vector more at both ends, for loads that begin before a row or end behind it.
    HWY_ALIGN T kept[kKeptProducts<T>];
    T* products = kept + kLanes;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t plane = task / ring.bands, top = task % ring.bands * height;
      const int64_t bottom = std::min(top + height, of.rows.size);
      auto last_window_over = [&](int64_t r) {
        return std::min((r + of.rows.padding) / of.rows.stride, of.rows.out - 1);
      };
      const int64_t span = (of.rows.kernel - 1) * of.rows.dilation;
      const int64_t first =
          std::max<int64_t>(0, Ceil(top + of.rows.padding - span, of.rows.stride));
      for (int64_t c = 0; c < of.in; c += ring.channels) {
        const int64_t channels = std::min(ring.channels, of.in - c);
        const T* filters = weight + (plane % of.groups * of.out * of.in + c) * of.taps();
        int64_t r = top;
        for (int64_t i = first; r < bottom; i += ring.chunk) {
          const int64_t rows = std::min(ring.chunk, last_window_over(bottom - 1) + 1 - i);
          if (rows > 0) {
            MultiplyBlock<T>(
                channels * of.taps(), rows * of.cols.out, of.out,
                Product<T>{.a = {filters, 1, of.in * of.taps()},
                           .b = {dy + plane * of.out * windows + i * of.cols.out, windows, 1},
                           .y = {products + (i - first) % ring.rows * of.cols.out, line, 1}});
          }
          for (; r < bottom && last_window_over(r) < i + ring.chunk; ++r) {
            SumProductsOfRow(of, ring, channels, products, first, r,
                             dx + (plane * of.in + c) * cells + r * of.cols.size);
          }
        }
      }
    }
  });
}
// #endregion columns

/// Elements of the columns of one image, for the first-level cache.
inline constexpr int64_t kFlatCells = 8192;

/// How far the window of an element of a plane begins before it, where windows are as many as
/// elements and one element apart: then so much before each element, anywhere in the plane.
inline int64_t FlatMargin(const Conv2dGeometry& of) {
  return of.rows.padding * of.cols.size + of.cols.padding;
}

/// Whether an image's windows are written out as columns: few terms, and planes as above.
template <typename T>
bool FlatFits(const Conv2dGeometry& of) {
  constexpr int64_t kMostTerms = 32, kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  auto keeps = [](const Conv2dAxis& axis) { return axis.stride == 1 && axis.out == axis.size; };
  const int64_t cells = of.rows.size * of.cols.size, terms = of.in * of.taps();
  return keeps(of.rows) && keeps(of.cols) && of.in > 0 && of.taps() > 1 && terms <= kMostTerms &&
         cells >= kLanes && terms * cells <= kFlatCells / 2 && FlatMargin(of) <= cells;
}

/// Parts of the images whose weight gradients are summed apart: each worth a thread.
inline int64_t FlatSlices(const Conv2dGeometry& of) {
  const int64_t products = of.images * of.out * of.in * of.taps() * of.rows.size * of.cols.size;
  return std::clamp<int64_t>(products / kProductGrain, 1, simd::Conv2dSlices(of));
}

// #region flat
/// The windows of an image of few terms, written out: what lies under a tap in all windows is the
/// plane itself, moved, and zero where a row or the plane ends.
template <typename T>
class FlatColumns {
 public:
  explicit FlatColumns(const Conv2dGeometry& of)
      : of_(of), line_(Ceil(of.rows.size * of.cols.size, kLanes) * kLanes) {
    std::fill_n(plane_, line_ + 2 * FlatMargin(of), T(0));
    std::fill_n(inside_, of.taps() * line_, Bits{0});
    auto first = [](const Conv2dAxis& axis, int64_t tap) {
      return std::max<int64_t>(0, -axis.ElementUnder(0, tap));
    };
    auto last = [](const Conv2dAxis& axis, int64_t tap) {
      return std::min(axis.size, axis.size - axis.ElementUnder(0, tap));
    };
    for (int64_t a = 0, tap = 0; a < of.rows.kernel; ++a) {
      for (int64_t b = 0; b < of.cols.kernel; ++b, ++tap) {
        const int64_t begin = first(of.cols, b), count = last(of.cols, b) - begin;
        for (int64_t i = first(of.rows, a); count > 0 && i < last(of.rows, a); ++i) {
          std::fill_n(inside_ + tap * line_ + i * of.cols.size + begin, count, Bits{-1});
        }
      }
    }
  }

  int64_t line() const { return line_; }

  /// columns: [channels][taps][line], zeros behind the windows; x: [channels][cells].
  void Write(const T* x, T* columns) {
    const hn::ScalableTag<T> d;
    const hn::RebindToSigned<decltype(d)> di;
    const int64_t cells = of_.rows.size * of_.cols.size;
    for (int64_t c = 0; c < of_.in; ++c) {
      CopyRow(x + c * cells, cells, plane_ + FlatMargin(of_));
      const Bits* inside = inside_;
      for (int64_t a = 0; a < of_.rows.kernel; ++a) {
        for (int64_t b = 0; b < of_.cols.kernel; ++b) {
          const T* from = plane_ + a * of_.rows.dilation * of_.cols.size + b * of_.cols.dilation;
          for (int64_t p = 0; p < line_; p += kLanes, inside += kLanes, columns += kLanes) {
            const auto mask = hn::BitCast(d, hn::Load(di, inside));
            hn::Store(hn::And(hn::LoadU(d, from + p), mask), d, columns);
          }
        }
      }
    }
  }

 private:
  static constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  using Bits = hn::TFromD<hn::RebindToSigned<hn::ScalableTag<T>>>;

  const Conv2dGeometry& of_;
  int64_t line_;                       // elements of a column, whole vectors
  HWY_ALIGN T plane_[kFlatCells];      // a channel, zeros before and behind it
  HWY_ALIGN Bits inside_[kFlatCells];  // all bits or none, [taps][line]
};

/// y of few terms: columns are the matrix to multiply with the weight.
template <typename T>
void MultiplyFlatColumns(const Conv2dGeometry& of, const T* x, const T* weight, const T* bias,
                         T* y) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  const int64_t cells = of.rows.size * of.cols.size, count = of.in * of.taps();
  const int64_t grain = ProductGrain(of.out * count * cells);
  ParallelFor(of.images * of.groups, grain, [&](int64_t begin, int64_t end) {
    FlatColumns<T> flat(of);
    HWY_ALIGN T columns[kFlatCells];
    Places terms, filters;
    terms.count = count;
    for (int64_t t = 0; t < count; ++t) {
      terms.x[t] = t;
      terms.row[t] = t * flat.line();
    }
    for (int64_t task = begin; task < end; ++task) {
      flat.Write(x + task * of.in * cells, columns);
      for (int64_t f = 0; f < of.out; f += filters.count) {
        filters.count = std::min(kMostPlaces, of.out - f);
        for (int64_t e = 0; e < filters.count; ++e) filters.x[e] = e * count;
        const int64_t first = task % of.groups * of.out + f;
        const T* start = bias == nullptr ? nullptr : bias + first;
        for (int64_t done = 0; done < cells;) {
          // The last vector may overlap the one before.
          const int64_t width = cells - done >= kPanel<T> ? kPanel<T> : kLanes;
          const int64_t at = std::min(done, cells - width);
          T* to = y + (task * of.out + f) * cells + at;
          SumAllProducts(width, weight + first * count, filters, terms, columns + at,
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
/// sums[f][t] += <dy[f], columns[t]> for `filters` rows of dy and `terms` columns, over images.
template <int filters, int terms, typename T>
HWY_NOINLINE void AddFlatDots(int64_t images, int64_t cells, const T* dy, int64_t dy_image,
                              const T* columns, int64_t line, int64_t columns_image, T* sums,
                              int64_t sums_row) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sum[filters][terms];
  HWY_UNROLL(4)
  for (int f = 0; f < filters; ++f) {
    HWY_UNROLL(3)
    for (int t = 0; t < terms; ++t) sum[f][t] = hn::Zero(d);
  }
  for (int64_t n = 0; n < images; ++n, dy += dy_image, columns += columns_image) {
    for (int64_t p = 0; p < cells; p += kLanes) {
      const int64_t count = std::min(kLanes, cells - p);
      hn::Vec<decltype(d)> column[terms];
      HWY_UNROLL(3)
      for (int t = 0; t < terms; ++t) column[t] = hn::Load(d, columns + t * line + p);
      HWY_UNROLL(4)
      for (int f = 0; f < filters; ++f) {
        const auto windows = LoadUpTo(d, dy + f * cells + p, count);
        HWY_UNROLL(3)
        for (int t = 0; t < terms; ++t) sum[f][t] = hn::MulAdd(windows, column[t], sum[f][t]);
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
/// products of dy with the columns, [groups, filters, terms].
template <typename T>
void MultiplyFlatColumnsBack(const Conv2dGeometry& of, const T* dy, const T* x, int64_t slices,
                             T* sums) {
  const int64_t cells = of.rows.size * of.cols.size, terms = of.in * of.taps();
  ParallelFor(slices * of.groups, 1, [&](int64_t begin, int64_t end) {
    FlatColumns<T> flat(of);
    HWY_ALIGN T columns[kFlatCells];
    const int64_t line = flat.line(), together = kFlatCells / (terms * line);
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
          flat.Write(x + ((n + image) * of.groups + group) * of.in * cells,
                     columns + image * terms * line);
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
                                              of.groups * of.out * cells, columns + t * line, line,
                                              terms * line, to + f * terms + t, terms);
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

// The gradient where windows share elements or reach into padding; included once a Highway target.

#if defined(PROVA_OPS_MAX_POOL2D_LINES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_MAX_POOL2D_LINES_INL_H_
#undef PROVA_OPS_MAX_POOL2D_LINES_INL_H_
#else
#define PROVA_OPS_MAX_POOL2D_LINES_INL_H_
#endif

#include <algorithm>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "base/vectors-inl.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"

#include "ops/max_pool2d/max_pool2d_search-inl.h"
#include "ops/max_pool2d/max_pool2d_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// Elements of all lines that a task works on; those of usual planes stay in the first-level cache.
constexpr int64_t kLineElements = 8192;

/// From one line to the next: a row of x or of windows with a vector on either side.
template <typename T>
int64_t LinePitch(const PoolGeometry& g) {
  const int64_t lanes = hn::Lanes(hn::ScalableTag<T>());
  const int64_t longest = std::max(g.out_w, g.w / g.stride_w + 1);
  return ((longest + lanes - 1) / lanes + 2) * lanes;
}

/// Two rows of x; of windows, peaks and gradients; a row of dx.
constexpr int64_t CountLines(int64_t kernel, int64_t stride) {
  return 2 * stride + 2 * (kernel + 1) + stride;
}

/// Whether windows are such as networks have between their convolutions, not too many a row for
/// lines, nor so few that rows are better searched together.
template <typename T>
bool WindowsGoByLines(const PoolGeometry& g) {
  const int64_t kernel = g.kernel_w;
  return (kernel == 2 || kernel == 3) && g.kernel_h == kernel && g.stride_w <= 2 &&
         g.dilation_h == 1 && g.dilation_w == 1 && ShortRows<T>(g) == 0 &&
         CountLines(kernel, g.stride_w) * LinePitch<T>(g) <= kLineElements;
}

// #region lines
/// Routes dy through planes, row by row. The elements of a window that lie in one row of x have
/// their first maximum, then the rows of a window; a row of dx asks the windows over each of its
/// elements, in scan order, whether their place is there, and is written once. What is stored is
/// read at other offsets one row later: the processor would wait for younger stores.
template <int64_t kKernel, int64_t kStride, typename T>
class LineRouter {
 public:
  explicit LineRouter(const PoolGeometry& g)
      : g_(g), pitch_(LinePitch<T>(g)), lanes_(hn::Lanes(d)) {
    for (int64_t k = 0; k < kStride; ++k) {
      const int64_t column = k + kKernel * kStride - g.padding_w;  // no longer negative
      line_[k] = column % kStride;
      shift_[k] = column / kStride - kKernel;
    }
    // Padding wins nowhere, and windows that are none have nothing to give.
    std::fill_n(elements_, Gradients(0) - elements_, -std::numeric_limits<T>::infinity());
    std::fill_n(Gradients(0) - lanes_, (kKernel + 1) * pitch_, T(0));
    std::fill_n(places_, kPlaceLines * pitch_, Place(0));
    for (int64_t j = 0; j * kStride < g.padding_w; ++j) {
      FirstPlaces()[j] = static_cast<Place>(g.padding_w - j * kStride);
    }
  }

  void Route(const T* x, const T* dy, const Storing<T>& storing, T* dx) {
    first_ = 0;
    int64_t read = 0, searched = 0, written = 0;
    const auto write_above = [&](int64_t end) {
      for (; written < end; ++written) WriteRow(written, storing, dx + written * g_.w);
    };
    for (int64_t i = 0; i < g_.out_h; ++i) {
      const int64_t top = i * g_.stride_h - g_.padding_h, end = std::min(top + kKernel, g_.h);
      for (searched = std::max(searched, top); searched < end; ++searched) {
        for (read = std::max(read, searched); read < std::min(searched + 2, g_.h); ++read) {
          ReadRow(x + read * g_.w, read);
        }
        may_be_nan_[searched % kSlots] ? SearchRow<true>(searched) : SearchRow<false>(searched);
      }
      ReadGradients(dy + i * g_.out_w, Gradients(i));
      const bool may_be_nan = std::count(may_be_nan_, may_be_nan_ + kSlots, true) > 0;
      may_be_nan ? JoinRows<true>(top, Places(i)) : JoinRows<false>(top, Places(i));
      write_above(std::min(top, g_.h));
    }
    write_above(g_.h);
  }

 private:
  using D = hn::ScalableTag<T>;
  using DI = hn::RebindToSigned<D>;
  using Place = PositionOf<T>;
  static constexpr D d{};
  static constexpr DI di{};
  static constexpr int64_t kSlots = kKernel + 1, kPlaceLines = 2 * kSlots + 1;

  // Lines begin at their first window. Of x there is the row that is searched and the one after it;
  // the row of padding is its own; of the others those that are still asked, and one more.
  T* Row(int64_t row) { return elements_ + row % 2 * kStride * pitch_; }
  T* Peaks(int64_t slot) { return elements_ + (2 * kStride + slot) * pitch_; }
  T* Gradients(int64_t i) { return Peaks(kSlots) + i % kSlots * pitch_ + lanes_; }
  T* Result() { return Peaks(2 * kSlots); }
  Place* Columns(int64_t slot) { return places_ + slot * pitch_; }
  Place* Places(int64_t i) { return Columns(kSlots) + i % kSlots * pitch_ + lanes_; }
  Place* FirstPlaces() { return Columns(2 * kSlots); }

  struct Best {
    hn::Vec<D> peak;
    hn::Vec<DI> place;

    /// A later one wins if it is larger, or NaN; over NaN nothing wins.
    template <bool kMayBeNaN>
    HWY_INLINE void Offer(hn::Vec<D> v, hn::Vec<DI> at) {
      if constexpr (kMayBeNaN) {
        const auto wins = hn::AndNot(hn::IsNaN(peak), hn::Not(hn::Le(v, peak)));
        peak = hn::IfThenElse(wins, v, peak);
        place = hn::IfThenElse(hn::RebindMask(di, wins), at, place);
      } else {
        place = hn::IfThenElse(hn::RebindMask(di, hn::Gt(v, peak)), at, place);
        peak = hn::Max(v, peak);
      }
    }
  };

  /// Row `row` of x into its line. Without NaN unless its sum is one, as that of infinities may be.
  void ReadRow(const T* x, int64_t row) {
    constexpr T padding = -std::numeric_limits<T>::infinity();
    T* line = Row(row) + g_.padding_w;
    auto sum = hn::Zero(d);
    ForEachVector(
        d, g_.w,
        [&](int64_t c) {
          const auto v = LoadAhead(d, x + c);
          sum = hn::Add(sum, v);
          hn::StoreU(v, d, line + c);
        },
        [&](int64_t c, int64_t rest) {
          const auto v = LoadPartial(d, x + c, rest, padding);
          sum = hn::Add(sum, v);
          hn::StoreU(v, d, line + c);
        });
    may_be_nan_[row % kSlots] = !hn::AllFalse(d, hn::IsNaN(sum));
  }

  void ReadGradients(const T* dy, T* line) {
    ForEachVector(
        d, g_.out_w, [&](int64_t j) { hn::StoreU(hn::LoadU(d, dy + j), d, line + j); },
        [&](int64_t j, int64_t rest) {
          hn::StoreU(LoadPartial(d, dy + j, rest, T(0)), d, line + j);
        });
  }

  /// The first maximum of each window in a row of x, and its column in the window.
  template <bool kMayBeNaN>
  void SearchRow(int64_t row) {
    const T* x = Row(row);
    T* peaks = Peaks(row % kKernel);
    Place* columns = Columns(row % kKernel);
    const Place* first_places = FirstPlaces();
    for (int64_t j = 0; j < g_.out_w; j += lanes_) {
      TileRow<kStride, D> taps;
      taps.Load(d, x + j * kStride);
      // If nothing is larger than padding, all are equal to it, and the first in the row has it.
      Best best = {taps.column[0], hn::Load(di, first_places + j)};
      HWY_UNROLL(2)
      for (int64_t b = 1; b < kKernel; ++b) {
        if (b % kStride == 0) taps.Load(d, x + j * kStride + b);
        best.template Offer<kMayBeNaN>(taps.column[b % kStride],
                                       hn::Set(di, static_cast<Place>(b)));
      }
      hn::Store(best.peak, d, peaks + j);
      hn::Store(best.place, di, columns + j);
    }
  }

  /// Where the first maxima of windows from row `top` on are: element (a, b) has place
  /// a * kKernel + b.
  template <bool kMayBeNaN>
  void JoinRows(int64_t top, Place* places) {
    int64_t slots[kKernel];
    const int64_t above = std::max<int64_t>(-top, 0), inside = std::min(g_.h - top, kKernel);
    for (int64_t a = 0; a < kKernel; ++a) {
      slots[a] = above + a < inside ? (top + above + a) % kKernel : kKernel;
    }
    for (int64_t j = 0; j < g_.out_w; j += lanes_) {
      Best best = {hn::Load(d, Peaks(slots[0]) + j), hn::Load(di, Columns(slots[0]) + j)};
      HWY_UNROLL(2)
      for (int64_t a = 1; a < kKernel; ++a) {
        const auto below = hn::Set(di, static_cast<Place>(a * kKernel));
        best.template Offer<kMayBeNaN>(hn::Load(d, Peaks(slots[a]) + j),
                                       hn::Add(hn::Load(di, Columns(slots[a]) + j), below));
      }
      const auto from_top = hn::Set(di, static_cast<Place>(above * kKernel));
      hn::Store(hn::Add(best.place, from_top), di, places + j);
    }
  }

  /// Row `row` of dx.
  void WriteRow(int64_t row, const Storing<T>& storing, T* dx) {
    const int64_t from_top = row + g_.padding_h;
    while (first_ * g_.stride_h + kKernel <= from_top) ++first_;
    const int64_t last = std::min(first_ + kKernel, g_.out_h);
    int64_t count = 0;
    while (first_ + count < last && (first_ + count) * g_.stride_h <= from_top) ++count;
    if (count == 0) std::fill_n(Result(), g_.w, T(0));
    if (count == 1) AddWindows<1>(from_top);
    if (count == 2) AddWindows<2>(from_top);
    if (count == 3) AddWindows<3>(from_top);
    const T* result = Result();
    storing.Store(
        d, g_.w, dx, [&](int64_t c) { return hn::Load(d, result + c); },
        [&](int64_t c, int64_t /*rest*/) { return hn::Load(d, result + c); });
  }

  /// The same from kRows rows of windows, `first_` and those below it.
  template <int64_t kRows>
  void AddWindows(int64_t from_top) {
    const Place* places[kRows];
    const T* dy[kRows];
    hn::Vec<DI> here[kRows][kKernel];
    for (int64_t r = 0; r < kRows; ++r) {
      const int64_t i = first_ + r, a = from_top - i * g_.stride_h;
      places[r] = Places(i);
      dy[r] = Gradients(i);
      for (int64_t b = 0; b < kKernel; ++b) {
        here[r][b] = hn::Set(di, static_cast<Place>(a * kKernel + b));
      }
    }
    T* result = Result();
    const auto in_order = hn::FirstN(d, line_[0] == 0 ? lanes_ : 0);
    for (int64_t c = 0, m = 0; c < g_.w; c += kStride * lanes_, m += lanes_) {
      hn::Vec<D> sums[kStride];
      HWY_UNROLL(2)
      for (int64_t k = 0; k < kStride; ++k) {
        sums[k] = hn::Zero(d);
        const int64_t at = m - shift_[k];
        HWY_UNROLL(3)
        for (int64_t r = 0; r < kRows; ++r) {
          // Windows further left hold an element further right.
          HWY_UNROLL(3)
          for (int64_t b = (kKernel - 1 - k) / kStride * kStride + k; b >= 0; b -= kStride) {
            const int64_t j = at - b / kStride;
            const auto is_here = hn::Eq(hn::LoadU(di, places[r] + j), here[r][b]);
            const auto more = hn::Add(sums[k], hn::LoadU(d, dy[r] + j));
            sums[k] = hn::IfThenElse(hn::RebindMask(d, is_here), more, sums[k]);
          }
        }
      }
      TileRow<kStride, D> columns;
      columns.column[0] = hn::IfThenElse(in_order, sums[0], sums[kStride - 1]);
      if constexpr (kStride == 2) columns.column[1] = hn::IfThenElse(in_order, sums[1], sums[0]);
      columns.Store(d, result + c);
    }
  }

  const PoolGeometry g_;
  const int64_t pitch_, lanes_;
  int64_t first_;  // row of windows that reaches to the present row of dx
  // Element b of window j is in column (j + b / kStride + shift_[k]) * kStride + line_[k] of x,
  // where k is b % kStride.
  int64_t line_[kStride], shift_[kStride];
  bool may_be_nan_[kSlots] = {};
  HWY_ALIGN T elements_[kLineElements];
  HWY_ALIGN Place places_[kLineElements];
};
// #endregion lines

/// The gradient of a pool whose windows go by lines.
template <typename T>
void RouteThroughLines(const T* x, const T* dy, const PoolGeometry& g, T* dx) {
  const int64_t cells = g.h * g.w, windows = g.out_h * g.out_w;
  const Storing<T> storing(g.planes * cells);
  const auto route = [&](auto kernel, auto stride) {
    ParallelFor(g.planes, ElementGrain(cells), [&](int64_t begin, int64_t end) {
      LineRouter<kernel(), stride(), T> router(g);
      for (int64_t plane = begin; plane < end; ++plane) {
        router.Route(x + plane * cells, dy + plane * windows, storing, dx + plane * cells);
      }
      storing.Finish();
    });
  };
  constexpr std::integral_constant<int64_t, 1> one;
  constexpr std::integral_constant<int64_t, 2> two;
  constexpr std::integral_constant<int64_t, 3> three;
  if (g.kernel_w == 2) return g.stride_w == 1 ? route(two, one) : route(two, two);
  return g.stride_w == 1 ? route(three, one) : route(three, two);
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

// Convolutions whose groups have one channel and one filter; included once a Highway target.

#if defined(PROVA_OPS_CONV2D_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_CONV2D_DEPTHWISE_INL_H_
#undef PROVA_OPS_CONV2D_DEPTHWISE_INL_H_
#else
#define PROVA_OPS_CONV2D_DEPTHWISE_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "ops/conv2d/conv2d_kernels.h"

#include "ops/conv2d/conv2d_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// One axis of a correlation of planes: position i reads elements i * step - padding + tap *
/// dilation of a source whose elements lie `spread` apart, with zeros between them.
struct PlaneAxis {
  int64_t source, spread, target, step, padding, kernel, dilation;

  int64_t span() const { return (kernel - 1) * dilation + 1; }
};

/// Windows read x.
inline PlaneAxis WindowAxis(const Conv2dAxis& axis) {
  return {axis.size, 1, axis.out, axis.stride, axis.padding, axis.kernel, axis.dilation};
}
/// Elements of x read windows, spread by the stride, under the flipped kernel.
inline PlaneAxis ElementAxis(const Conv2dAxis& axis) {
  return {axis.out,    axis.stride,  axis.size, 1, (axis.kernel - 1) * axis.dilation - axis.padding,
          axis.kernel, axis.dilation};
}

inline constexpr int64_t kPlaneRows = 14;       // that a tile of sums has
inline constexpr int64_t kPlaneCells = 8192;    // of a padded piece of a plane
inline constexpr int64_t kPlaneCols = 256;      // of a piece
inline constexpr int64_t kDepthwiseTaps = 256;  // of a kernel

/// Pieces of the target of whole tiles, such that the source under one, padded, stays in the
/// first-level cache; none if not even the smallest does.
struct PlanePieces {
  template <typename T>
  PlanePieces(const PlaneAxis& across, const PlaneAxis& down, T /*type*/)
      : cols(std::min(across.target, kPlaneCols)) {
    constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
    auto width_of = [&](int64_t cols) {
      const int64_t sums = (cols - 1) * across.step + 1;
      return (sums + kLanes - 1) / kLanes * kLanes + across.span() - 1;
    };
    // One row more than is used, for loads ahead.
    const int64_t tile_rows = (kPlaneRows - 1) * down.step + down.span() + 1;
    while (cols > 1 && (width_of(cols) * tile_rows > kPlaneCells ||
                        (cols - 1) * across.step + kLanes > kPlaneCols)) {
      cols = (cols + 1) / 2;
    }
    width = width_of(cols);
    rows = kPlaneRows;
    fits = width * tile_rows <= kPlaneCells && down.kernel * across.kernel <= kDepthwiseTaps;
    while (rows < down.target && width * (tile_rows + rows * down.step) <= kPlaneCells) {
      rows += kPlaneRows;
    }
  }
  int64_t rows, cols;  // of the target
  int64_t width;       // of the padded source
  bool fits;
};

// #region padded
/// to[r][c] = element (row + r, col + c) of a source plane, zeros outside it, which are written
/// only where they stay.
template <typename T>
void CopyPaddedRows(const T* plane, int64_t height, int64_t width, int64_t row, int64_t rows,
                    int64_t col, int64_t cols, T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  const int64_t top = std::clamp<int64_t>(-row, 0, rows);
  const int64_t bottom = std::clamp(height - row, top, rows);
  const int64_t left = std::clamp<int64_t>(-col, 0, cols);
  const int64_t right = std::clamp(width - col, left, cols);
  T* zero = to;
  T* const end = to + rows * cols;
  for (int64_t r = top; r < bottom; ++r) {
    T* line = to + r * cols + left;
    // What whole vectors write too much is written again.
    for (; zero < line && zero + lanes <= end; zero += lanes) hn::StoreU(hn::Zero(d), d, zero);
    for (; zero < line; ++zero) *zero = 0;
    CopyRow(plane + (row + r) * width + col + left, right - left, line);
    zero = line + right - left;
  }
  std::fill(zero, end, T(0));
}

/// The same for a source plane that is spread.
template <typename T>
void CopyPadded(const T* plane, const PlaneAxis& down, const PlaneAxis& across, int64_t row,
                int64_t rows, int64_t col, int64_t cols, T* to) {
  if (down.spread == 1 && across.spread == 1) {
    return CopyPaddedRows(plane, down.source, across.source, row, rows, col, cols, to);
  }
  auto first_from = [](int64_t at, int64_t spread) {
    return std::max<int64_t>(0, (at + spread - 1) / spread);
  };
  const int64_t end = std::min(across.source, (col + cols - 1) / across.spread + 1);
  const int64_t begin = std::min(first_from(col, across.spread), end);
  std::fill_n(to, rows * cols, T(0));
  for (int64_t r = first_from(row, down.spread); r < down.source && r * down.spread < row + rows;
       ++r) {
    const T* from = plane + r * across.source;
    T* line = to + (r * down.spread - row) * cols - col;
    if (across.spread == 1) {
      CopyRow(from + begin, end - begin, line + begin);
    } else {
      for (int64_t e = begin; e < end; ++e) line[e * across.spread] = from[e];
    }
  }
}
// #endregion padded

/// A kernel over a padded piece of a plane, and how far its taps lie apart there.
template <typename T>
struct PlaneKernel {
  const T* weights;  // [down][across]
  int64_t down, across;
  int64_t row_step;      // between rows of windows
  int64_t tap_row_step;  // between rows of taps
  int64_t tap_step;      // between taps of a row
};

// #region band
/// Adds the products of `band` rows of taps from row `a` on to sums of kPlaneRows windows, each one
/// vector. A vector of x serves all windows that it lies under: `band` products for each load.
template <int band, class D, typename T>
HWY_INLINE void AddBand(D d, const T* HWY_RESTRICT x, const PlaneKernel<T>& kernel, int64_t a,
                        hn::Vec<D> (&sum)[kPlaneRows]) {
  x += a * kernel.tap_row_step;
  for (int64_t b = 0; b < kernel.across; ++b) {
    hn::Vec<D> weight[band];
    HWY_UNROLL(7)
    for (int t = 0; t < band; ++t) {
      weight[t] = hn::Set(d, kernel.weights[(a + t) * kernel.across + b]);
    }
    HWY_UNROLL(20)
    for (int r = 0; r < kPlaneRows + band - 1; ++r) {
      const auto element = hn::LoadU(d, x + r * kernel.row_step + b * kernel.tap_step);
      HWY_UNROLL(7)
      for (int t = 0; t < band; ++t) {
        const int i = r - t;
        if (i >= 0 && i < kPlaneRows) sum[i] = hn::MulAdd(element, weight[t], sum[i]);
      }
    }
  }
}

/// One tile: `rows` windows below each other, one vector of columns.
template <typename T>
HWY_NOINLINE void SumPlaneTile(const T* HWY_RESTRICT x, const PlaneKernel<T>& kernel, T start,
                               int64_t rows, T* HWY_RESTRICT to, int64_t to_step) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sum[kPlaneRows];
  HWY_UNROLL(14)
  for (int i = 0; i < kPlaneRows; ++i) sum[i] = hn::Set(d, start);
  int64_t a = 0;
  if (kernel.row_step == kernel.tap_row_step) {
    for (; a + 7 <= kernel.down; a += 7) AddBand<7>(d, x, kernel, a, sum);
    for (; a + 3 <= kernel.down; a += 3) AddBand<3>(d, x, kernel, a, sum);
  }
  for (; a < kernel.down; ++a) AddBand<1>(d, x, kernel, a, sum);
  HWY_UNROLL(14)
  for (int i = 0; i < kPlaneRows; ++i) {
    if (i < rows) hn::StoreU(sum[i], d, to + i * to_step);
  }
}
// #endregion band

/// target = start + the correlation of one plane with one kernel, which is given as rows of taps.
template <typename T>
void CorrelatePlane(const PlaneAxis& down, const PlaneAxis& across, const PlanePieces& pieces,
                    const T* source, const T* weights, T start, T* target) {
  constexpr int64_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  HWY_ALIGN T padded[kPlaneCells];
  HWY_ALIGN T sums[kPlaneRows * kPlaneCols];
  const PlaneKernel<T> kernel = {weights,
                                 down.kernel,
                                 across.kernel,
                                 down.step * pieces.width,
                                 down.dilation * pieces.width,
                                 across.dilation};
  for (int64_t row = 0; row < down.target; row += pieces.rows) {
    const int64_t rows = std::min(pieces.rows, down.target - row);
    const int64_t tiles = (rows + kPlaneRows - 1) / kPlaneRows;
    for (int64_t col = 0; col < across.target; col += pieces.cols) {
      const int64_t cols = std::min(pieces.cols, across.target - col);
      CopyPadded(source, down, across, row * down.step - down.padding,
                 (tiles * kPlaneRows - 1) * down.step + down.span(),
                 col * across.step - across.padding, pieces.width, padded);
      // Windows between those of a stride are computed and dropped.
      const bool direct = across.step == 1 && cols >= kLanes;
      const int64_t columns = (cols - 1) * across.step + 1;
      for (int64_t i = 0; i < rows; i += kPlaneRows) {
        const int64_t height = std::min(kPlaneRows, rows - i);
        const T* x = padded + i * kernel.row_step;
        T* to = target + (row + i) * across.target + col;
        for (int64_t next = 0; next < columns; next += kLanes) {
          const int64_t q = direct ? std::min(next, columns - kLanes) : next;
          if (direct) {
            SumPlaneTile(x + q, kernel, start, height, to + q, across.target);
          } else {
            SumPlaneTile(x + q, kernel, start, height, sums + q, kPlaneCols);
          }
        }
        for (int64_t r = 0; !direct && r < height; ++r) {
          for (int64_t j = 0; j < cols; ++j) {
            to[r * across.target + j] = sums[r * kPlaneCols + j * across.step];
          }
        }
      }
    }
  }
}

template <typename T>
bool DepthwiseFits(const Conv2dGeometry& of) {
  return of.in == 1 && of.out == 1 &&
         PlanePieces(WindowAxis(of.cols), WindowAxis(of.rows), T()).fits &&
         PlanePieces(ElementAxis(of.cols), ElementAxis(of.rows), T()).fits;
}

template <typename T>
void DepthwiseForward(const Conv2dArgs& args) {
  const Conv2dGeometry& of = args.of;
  const PlaneAxis down = WindowAxis(of.rows), across = WindowAxis(of.cols);
  const PlanePieces pieces(across, down, T());
  const int64_t cells = of.rows.out * of.cols.out;
  ParallelFor(
      of.images * of.groups, ProductGrain(cells * of.taps()), [&](int64_t begin, int64_t end) {
        for (int64_t plane = begin; plane < end; ++plane) {
          const int64_t g = plane % of.groups;
          CorrelatePlane(down, across, pieces,
                         static_cast<const T*>(args.x) + plane * of.rows.size * of.cols.size,
                         static_cast<const T*>(args.weight) + g * of.taps(),
                         args.bias == nullptr ? T(0) : static_cast<const T*>(args.bias)[g],
                         static_cast<T*>(args.y) + plane * cells);
        }
      });
}

template <typename T>
void DepthwiseBackwardInput(const Conv2dBackwardInputArgs& args) {
  const Conv2dGeometry& of = args.of;
  const PlaneAxis down = ElementAxis(of.rows), across = ElementAxis(of.cols);
  const PlanePieces pieces(across, down, T());
  const int64_t cells = of.rows.size * of.cols.size;
  ParallelFor(
      of.images * of.groups, ProductGrain(cells * of.taps()), [&](int64_t begin, int64_t end) {
        T flipped[kDepthwiseTaps];
        for (int64_t plane = begin; plane < end; ++plane) {
          const T* weight = static_cast<const T*>(args.weight) + plane % of.groups * of.taps();
          std::reverse_copy(weight, weight + of.taps(), flipped);
          CorrelatePlane(down, across, pieces,
                         static_cast<const T*>(args.dy) + plane * of.rows.out * of.cols.out,
                         flipped, T(0), static_cast<T*>(args.dx) + plane * cells);
        }
      });
}

// #region dots
/// sums[a][s] += <dy, x moved down by a and right by s * col_step>, vectors of partial sums. A
/// vector of x serves the `band` rows of dy that meet it. The last vector may overlap the one
/// before: what it has seen is left out.
template <int band, int shifts, typename T>
HWY_NOINLINE void AddDots(const T* HWY_RESTRICT dy, int64_t rows, int64_t cols, int64_t dy_width,
                          const T* HWY_RESTRICT x, int64_t x_width, int64_t col_step,
                          T* HWY_RESTRICT sums, int64_t sums_row) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  V sum[band][shifts];
  HWY_UNROLL(3)
  for (int a = 0; a < band; ++a) {
    HWY_UNROLL(3)
    for (int s = 0; s < shifts; ++s) sum[a][s] = hn::Load(d, sums + a * sums_row + s * kLanes);
  }
  for (int64_t next = 0; next < cols; next += kLanes) {
    const int64_t q = std::min(next, cols - kLanes);
    const auto seen = hn::FirstN(d, static_cast<size_t>(next - q));
    V above[band];  // rows r, r - 1, … of dy
    HWY_UNROLL(3)
    for (int a = 0; a < band; ++a) above[a] = hn::Zero(d);
    // Loaded a row ahead, else the compiler loads an element once for each of its products.
    V element[shifts];
    HWY_UNROLL(3)
    for (int s = 0; s < shifts; ++s) element[s] = hn::LoadU(d, x + q + s * col_step);
    for (int64_t r = 0; r < rows + band - 1; ++r) {
      HWY_UNROLL(3)
      for (int a = band - 1; a > 0; --a) above[a] = above[a - 1];
      above[0] =
          r < rows ? hn::IfThenZeroElse(seen, hn::LoadU(d, dy + r * dy_width + q)) : hn::Zero(d);
      HWY_UNROLL(3)
      for (int s = 0; s < shifts; ++s) {
        HWY_UNROLL(3)
        for (int a = 0; a < band; ++a) sum[a][s] = hn::MulAdd(above[a], element[s], sum[a][s]);
        element[s] = hn::LoadU(d, x + (r + 1) * x_width + q + s * col_step);
      }
    }
  }
  HWY_UNROLL(3)
  for (int a = 0; a < band; ++a) {
    HWY_UNROLL(3)
    for (int s = 0; s < shifts; ++s) hn::Store(sum[a][s], d, sums + a * sums_row + s * kLanes);
  }
}
// #endregion dots

template <typename T>
void DepthwiseBackwardWeight(const Conv2dBackwardWeightArgs& args) {
  const Conv2dGeometry& of = args.of;
  // dy with a stride is dy of stride 1 with zeros between its windows.
  PlaneAxis down = WindowAxis(of.rows), across = WindowAxis(of.cols);
  const PlaneAxis dy_down = {of.rows.out, of.rows.stride},
                  dy_across = {of.cols.out, of.cols.stride};
  down.target = (of.rows.out - 1) * of.rows.stride + 1;
  across.target = (of.cols.out - 1) * of.cols.stride + 1;
  down.step = across.step = 1;
  const PlanePieces pieces(across, down, T());
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = hn::MaxLanes(d);
  ParallelFor(
      of.groups, ProductGrain(of.images * down.target * across.target * of.taps()),
      [&](int64_t begin, int64_t end) {
        HWY_ALIGN T x[kPlaneCells];
        HWY_ALIGN T dy[kPlaneCells];
        HWY_ALIGN T sums[kDepthwiseTaps * kLanes];
        T total[kDepthwiseTaps];
        for (int64_t g = begin; g < end; ++g) {
          std::fill_n(total, of.taps(), T(0));
          for (int64_t n = 0; n < of.images; ++n) {
            const int64_t plane = n * of.groups + g;
            std::fill_n(sums, of.taps() * kLanes, T(0));
            for (int64_t row = 0; row < down.target; row += pieces.rows) {
              const int64_t rows = std::min(pieces.rows, down.target - row);
              for (int64_t col = 0; col < across.target; col += pieces.cols) {
                const int64_t cols = std::min(pieces.cols, across.target - col);
                const bool direct = of.rows.stride == 1 && of.cols.stride == 1 && cols >= kLanes;
                const int64_t whole = (cols + kLanes - 1) / kLanes * kLanes;
                const T* dy_plane =
                    static_cast<const T*>(args.dy) + plane * of.rows.out * of.cols.out;
                const T* dy_piece = direct ? dy_plane + row * of.cols.out + col : dy;
                const int64_t dy_width = direct ? of.cols.out : whole;
                CopyPadded(static_cast<const T*>(args.x) + plane * of.rows.size * of.cols.size,
                           down, across, row - down.padding, rows + down.span() - 1,
                           col - across.padding, pieces.width, x);
                if (!direct) CopyPadded(dy_plane, dy_down, dy_across, row, rows, col, whole, dy);
                int64_t a = 0, b = 0;
                auto dots = [&](auto band, auto shifts) {
                  constexpr int kBand = decltype(band)::value, kShifts = decltype(shifts)::value;
                  for (b = kShifts == 3 ? 0 : b; b + kShifts <= across.kernel; b += kShifts) {
                    AddDots<kBand, kShifts>(
                        dy_piece, rows, direct ? cols : whole, dy_width,
                        x + a * down.dilation * pieces.width + b * across.dilation, pieces.width,
                        across.dilation, sums + (a * across.kernel + b) * kLanes,
                        across.kernel * kLanes);
                  }
                };
                const std::integral_constant<int, 3> three;
                const std::integral_constant<int, 1> one;
                for (; down.dilation == 1 && a + 3 <= down.kernel; a += 3)
                  dots(three, three), dots(three, one);
                for (; a < down.kernel; ++a) dots(one, three), dots(one, one);
              }
            }
            for (int64_t t = 0; t < of.taps(); ++t) {
              total[t] += hn::GetLane(hn::SumOfLanes(d, hn::Load(d, sums + t * kLanes)));
            }
          }
          std::copy_n(total, of.taps(), static_cast<T*>(args.dweight) + g * of.taps());
        }
      });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

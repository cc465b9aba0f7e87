#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d/conv2d_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/conv2d/conv2d_kernels.h"
#include "ops/conv2d/conv2d_planes.h"

#include "ops/common/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {
using namespace simd;  // the layout of planes

inline constexpr int64_t kColumns = 512;  // of y that one task computes, a multiple of all vectors

// #region taps
/// store(i, q, height, width, tile) for each tile of y[i][q] = sum_t weight[t][i] *
/// from[offsets[t] + q], i < rows, begin <= q < end. Strips of weights: [rows / 8][taps][8].
template <typename T, typename Store>
void SumTaps(int64_t rows, int64_t begin, int64_t end, int64_t taps, const T* weights,
             const int64_t* offsets, const T* from, const Store& store) {
  HWY_ALIGN T tile[kTileRows * kTileCols<T>];
  for (int64_t q = begin; q < end; q += kTileCols<T>) {
    const int64_t width = std::min(kTileCols<T>, end - q);
    for (int64_t i = 0; i < rows; i += kTileRows) {
      const int64_t height = std::min(kTileRows, rows - i);
      int64_t t = 0;
      do {
        const int64_t terms = std::min(kDepthBlock<T>, taps - t);
        const T* a[kTileRows];
        for (int64_t r = 0; r < kTileRows; ++r) a[r] = weights + i * taps + t * kTileRows + r;
        MultiplyTile(
            height, width, terms, a, kTileRows,
            [&](int64_t term) { return from + offsets[t + term] + q; }, tile, kTileCols<T>, t > 0);
        t += terms;
      } while (t < taps);
      store(i, q, height, width, tile);
    }
  }
}
// #endregion taps

/// Packs weights of every group into strips; element (i, t) of a group g is `weight_at(g, i, t)`.
template <typename T, typename WeightAt>
void PackWeights(int64_t groups, int64_t rows, int64_t taps, T* to, const WeightAt& weight_at) {
  const int64_t strips = (rows + kTileRows - 1) / kTileRows;
  ParallelFor(groups * strips, std::max<int64_t>(1, 4096 / (taps + 1)),
              [&](int64_t begin, int64_t end) {
                for (int64_t strip = begin; strip < end; ++strip) {
                  const int64_t group = strip / strips, first = strip % strips * kTileRows;
                  T* packed = to + strip * taps * kTileRows;
                  for (int64_t t = 0; t < taps; ++t) {
                    for (int64_t r = 0; r < kTileRows; ++r) {
                      *packed++ = first + r < rows ? weight_at(group, first + r, t) : T(0);
                    }
                  }
                }
              });
}

/// Calls `body(image, group, begin, end)` for pieces of `length` columns of all, in parallel.
template <typename Body>
void ForEachPiece(const Conv2dGeometry& of, int64_t length, int64_t work, const Body& body) {
  const int64_t pieces = (length + kColumns - 1) / kColumns;
  const int64_t grain = ProductGrain(std::min(length, kColumns) * work);
  ParallelFor(of.images * of.groups * pieces, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % pieces * kColumns, plane = task / pieces;
      body(plane / of.groups, plane % of.groups, first, std::min(first + kColumns, length));
    }
  });
}

// #region forward
template <typename T>
void Correlate(const Conv2dArgs& args) {
  const Conv2dGeometry& of = args.of;
  const PhaseAxis rows(of.rows), cols(of.cols);
  const Conv2dBuffers<T> buffers(args.workspace, of);
  const int64_t taps = of.in * of.taps(), channel = rows.phases * cols.phases * PhaseCells(of);
  const int64_t strips = (of.out + kTileRows - 1) / kTileRows, cells = of.rows.out * of.cols.out;
  const T* weight = static_cast<const T*>(args.weight);
  const T* bias = static_cast<const T*>(args.bias);
  SplitPhases(of, static_cast<const T*>(args.x), buffers.x);
  FillOffsets(of, buffers.offsets);
  PackWeights(of.groups, of.out, taps, buffers.weights,
              [&](int64_t g, int64_t o, int64_t t) { return weight[(g * of.out + o) * taps + t]; });
  // Windows in rows as wide as a phase: those beyond the last of a row are computed and dropped.
  const int64_t length = (of.rows.out - 1) * cols.extent + of.cols.out;
  ForEachPiece(of, length, of.out * taps, [&](int64_t n, int64_t g, int64_t begin, int64_t end) {
    const int64_t plane = n * of.groups + g;
    auto store = [&](int64_t o, int64_t q, int64_t height, int64_t width, const T* tile) {
      T* to = static_cast<T*>(args.y) + (plane * of.out + o) * cells;
      for (int64_t done = 0; done < width;) {
        const int64_t i = (q + done) / cols.extent, j = (q + done) % cols.extent;
        const int64_t run = std::min(width - done, cols.extent - j);
        for (int64_t r = 0; r < height; ++r) {
          const T start = bias == nullptr ? T(0) : bias[g * of.out + o + r];
          const T* sums = tile + r * kTileCols<T> + done;
          T* y = to + r * cells + i * of.cols.out + j;
          for (int64_t e = 0; e < std::min(run, of.cols.out - j); ++e) y[e] = sums[e] + start;
        }
        done += run;
      }
    };
    SumTaps(of.out, begin, end, taps, buffers.weights + g * strips * taps * kTileRows,
            buffers.offsets, buffers.x + plane * of.in * channel, store);
  });
}
// #endregion forward

// #region backward_input
template <typename T>
void BackwardInput(const Conv2dBackwardInputArgs& args) {
  const Conv2dGeometry& of = args.of;
  const PhaseAxis rows(of.rows), cols(of.cols);
  const Conv2dBuffers<T> buffers(args.workspace, of);
  const int64_t cells = of.rows.size * of.cols.size, plane_dy = MarginCells(of);
  const int64_t strips = (of.in + kTileRows - 1) / kTileRows;
  const T* weight = static_cast<const T*>(args.weight);
  T* dx = static_cast<T*>(args.dx);
  std::fill_n(dx, of.images * of.groups * of.in * cells, T(0));
  SpreadRows(of, static_cast<const T*>(args.dy), rows.MaxShift() * cols.extent + cols.MaxShift(),
             buffers.dy);
  for (int64_t p = 0; p < rows.phases; ++p) {
    for (int64_t q = 0; q < cols.phases; ++q) {
      // The elements of dx that lie under taps of one phase: a correlation without stride.
      const int64_t down = (of.rows.kernel - p - 1) / rows.period + 1;
      const int64_t across = (of.cols.kernel - q - 1) / cols.period + 1;
      const int64_t taps = of.out * down * across;
      auto row_tap = [&](int64_t t) { return p + t / across % down * rows.period; };
      auto col_tap = [&](int64_t t) { return q + t % across * cols.period; };
      for (int64_t t = 0; t < taps; ++t) {
        buffers.offsets[t] = t / (down * across) * plane_dy +
                             (rows.MaxShift() - rows.Shift(row_tap(t))) * cols.extent +
                             cols.MaxShift() - cols.Shift(col_tap(t));
      }
      PackWeights(of.groups, of.in, taps, buffers.weights, [&](int64_t g, int64_t c, int64_t t) {
        const int64_t filter = (g * of.out + t / (down * across)) * of.in + c;
        return weight[(filter * of.rows.kernel + row_tap(t)) * of.cols.kernel + col_tap(t)];
      });
      const int64_t length = rows.extent * cols.extent;
      ForEachPiece(of, length, of.in * taps, [&](int64_t n, int64_t g, int64_t begin, int64_t end) {
        const int64_t plane = n * of.groups + g;
        auto store = [&](int64_t c, int64_t at, int64_t height, int64_t width, const T* tile) {
          for (int64_t done = 0; done < width;) {
            const int64_t i = (at + done) / cols.extent, j = (at + done) % cols.extent;
            const int64_t run = std::min(width - done, cols.extent - j), row = rows.Element(p, i);
            for (int64_t r = 0; of.rows.Holds(row) && r < height; ++r) {
              T* to = dx + (plane * of.in + c + r) * cells + row * of.cols.size;
              int64_t col = cols.Element(q, j);
              for (int64_t e = done; e < done + run; ++e, col += of.cols.stride) {
                if (of.cols.Holds(col)) to[col] = tile[r * kTileCols<T> + e];
              }
            }
            done += run;
          }
        };
        SumTaps(of.in, begin, end, taps, buffers.weights + g * strips * taps * kTileRows,
                buffers.offsets, buffers.dy + plane * of.out * plane_dy, store);
      });
    }
  }
}
// #endregion backward_input

// #region backward_weight
/// A tile of dot products that registers hold: filters x taps.
inline constexpr int64_t kDotRows = 4, kDotTaps = kTileRows == 8 ? 4 : 2;

/// sums[r][t] = <dy[r], x[t]> over `length` elements of several images, rounded up to vectors.
template <typename T>
void Dots(int64_t images, int64_t length, const T* const* dy, int64_t dy_image, const T* const* x,
          int64_t x_image, T* sums) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  using V = hn::Vec<decltype(d)>;
  V dots[kDotRows][kDotTaps];
  HWY_UNROLL(4)
  for (int r = 0; r < kDotRows; ++r) {
    HWY_UNROLL(4)
    for (int t = 0; t < kDotTaps; ++t) dots[r][t] = hn::Zero(d);
  }
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t q = 0; q < length; q += lanes) {
      V xs[kDotTaps];
      HWY_UNROLL(4)
      for (int t = 0; t < kDotTaps; ++t) xs[t] = hn::LoadU(d, x[t] + n * x_image + q);
      HWY_UNROLL(4)
      for (int r = 0; r < kDotRows; ++r) {
        const V dy_r = hn::LoadU(d, dy[r] + n * dy_image + q);
        HWY_UNROLL(4)
        for (int t = 0; t < kDotTaps; ++t) dots[r][t] = hn::MulAdd(dy_r, xs[t], dots[r][t]);
      }
    }
  }
  HWY_UNROLL(4)
  for (int r = 0; r < kDotRows; ++r) {
    HWY_UNROLL(4)
    for (int t = 0; t < kDotTaps; ++t) {
      sums[r * kDotTaps + t] = hn::GetLane(hn::SumOfLanes(d, dots[r][t]));
    }
  }
}

template <typename T>
void BackwardWeight(const Conv2dBackwardWeightArgs& args) {
  const Conv2dGeometry& of = args.of;
  const PhaseAxis rows(of.rows), cols(of.cols);
  const Conv2dBuffers<T> buffers(args.workspace, of);
  const int64_t taps = of.in * of.taps(), channel = rows.phases * cols.phases * PhaseCells(of);
  const int64_t length = (of.rows.out - 1) * cols.extent + of.cols.out, plane_dy = MarginCells(of);
  T* dweight = static_cast<T*>(args.dweight);
  std::fill_n(dweight, of.groups * of.out * taps, T(0));
  SplitPhases(of, static_cast<const T*>(args.x), buffers.x);
  SpreadRows(of, static_cast<const T*>(args.dy), 0, buffers.dy);
  FillOffsets(of, buffers.offsets);

  constexpr int64_t kTaps = 64;  // of a task
  const int64_t strips = (of.out + kDotRows - 1) / kDotRows, pieces = (taps + kTaps - 1) / kTaps;
  // Terms whose sums stay in registers: of several small images, or a part of a large one.
  constexpr int64_t kTerms = 2048;
  const int64_t images = std::max<int64_t>(1, kTerms / length);
  ParallelFor(of.groups * strips * pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t g = task / (strips * pieces), o = task / pieces % strips * kDotRows;
      const int64_t from = task % pieces * kTaps, to = std::min(from + kTaps, taps);
      const int64_t blocks = (length + kTerms - 1) / kTerms;
      for (int64_t step = 0; step < (of.images + images - 1) / images * blocks; ++step) {
        const int64_t n = step / blocks * images, q = step % blocks * kTerms;
        for (int64_t t = from; t < to; t += kDotTaps) {
          // Rows and taps beyond the last repeat it; their sums are not used.
          const T *dy[kDotRows], *x[kDotTaps];
          for (int64_t r = 0; r < kDotRows; ++r) {
            const int64_t filter = g * of.out + std::min(o + r, of.out - 1);
            dy[r] = buffers.dy + (n * of.groups * of.out + filter) * plane_dy + q;
          }
          for (int64_t s = 0; s < kDotTaps; ++s) {
            x[s] = buffers.x + (n * of.groups + g) * of.in * channel +
                   buffers.offsets[std::min(t + s, to - 1)] + q;
          }
          T sums[kDotRows * kDotTaps];
          Dots(std::min(images, of.images - n), std::min(kTerms, length - q), dy,
               of.groups * of.out * plane_dy, x, of.groups * of.in * channel, sums);
          for (int64_t r = 0; r < std::min(kDotRows, of.out - o); ++r) {
            for (int64_t s = 0; s < std::min(kDotTaps, to - t); ++s) {
              dweight[(g * of.out + o + r) * taps + t + s] += sums[r * kDotTaps + s];
            }
          }
        }
      }
    }
  });
}
// #endregion backward_weight

void Conv2d(const Conv2dArgs& args) {
  if (args.of.images * args.of.groups * args.of.out == 0) return;
  VisitFloats(args.dtype, [&](auto type) { Correlate<typename decltype(type)::type>(args); });
}

void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { BackwardInput<typename decltype(type)::type>(args); });
}

void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { BackwardWeight<typename decltype(type)::type>(args); });
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

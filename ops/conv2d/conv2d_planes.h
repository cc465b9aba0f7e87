#pragma once

#include <algorithm>
#include <numeric>

#include "base/parallel_for.h"
#include "ops/common/rows.h"
#include "ops/conv2d/conv2d_kernels.h"

namespace prova::simd {

/// How the vector kernels lay planes out so that the elements under one tap of all windows are one
/// contiguous run: padded, and split into phases, the elements that a stride keeps apart.
///
/// Tap a of window i lies at padded element i * stride + a * dilation. Elements with the same
/// remainder by the stride form a phase, in which window i has it at i + Shift(a).
struct PhaseAxis {
  explicit PhaseAxis(const Conv2dAxis& axis)
      : axis(axis),
        period(axis.stride / std::gcd(axis.stride, axis.dilation)),
        phases(std::min(axis.kernel, period)),
        extent(axis.out + MaxShift()) {}

  int64_t Phase(int64_t tap) const { return tap % period; }
  int64_t Shift(int64_t tap) const { return tap * axis.dilation / axis.stride; }
  int64_t MaxShift() const { return Shift(axis.kernel - 1); }
  /// The element of x in cell `at` of a phase; outside x in the padding.
  int64_t Element(int64_t phase, int64_t at) const {
    return at * axis.stride + phase * axis.dilation % axis.stride - axis.padding;
  }

  Conv2dAxis axis;
  int64_t period;  // taps a and a + period have the same phase
  int64_t phases;  // that taps fall into
  int64_t extent;  // cells of a phase
};

/// Zeros behind each region: whole vectors may read on.
inline constexpr int64_t kSlack = 64;

/// Elements of a phase of a plane of x.
inline int64_t PhaseCells(const Conv2dGeometry& of) {
  return PhaseAxis(of.rows).extent * PhaseAxis(of.cols).extent;
}

/// Elements of a plane of dy with margins as wide as the largest shift.
inline int64_t MarginCells(const Conv2dGeometry& of) {
  const PhaseAxis rows(of.rows), cols(of.cols);
  return (of.rows.out + 2 * rows.MaxShift() + 1) * cols.extent + kSlack;
}

/// Regions of the workspace, large enough for each kernel.
template <typename T>
struct Conv2dBuffers {
  Conv2dBuffers(void* workspace, const Conv2dGeometry& of) {
    const PhaseAxis rows(of.rows), cols(of.cols);
    auto take = [&](auto*& region, int64_t elements) {
      using Element = std::remove_reference_t<decltype(*region)>;
      region = reinterpret_cast<Element*>(static_cast<char*>(workspace) + bytes);
      bytes += (elements * static_cast<int64_t>(sizeof(Element)) + 63) / 64 * 64;
    };
    take(offsets, std::max(of.in, of.out) * of.taps());
    take(weights, of.groups * (of.in + 8) * (of.out + 8) * of.taps());
    take(x, of.images * of.groups * of.in * rows.phases * cols.phases * PhaseCells(of) + kSlack);
    take(dy, of.images * of.groups * of.out * MarginCells(of) + kSlack);
  }

  int64_t* offsets;
  T* weights;
  T* x;
  T* dy;
  int64_t bytes = 0;
};

// #region phases
/// planes: [images * channels][row phases][col phases][rows.extent][cols.extent].
template <typename T>
void SplitPhases(const Conv2dGeometry& of, const T* x, T* planes) {
  const PhaseAxis rows(of.rows), cols(of.cols);
  const int64_t cells = PhaseCells(of), per_plane = rows.phases * cols.phases;
  const int64_t count = of.images * of.groups * of.in * per_plane;
  ParallelFor(count, ElementGrain(cells), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      const int64_t p = plane / cols.phases % rows.phases, q = plane % cols.phases;
      const T* from = x + plane / per_plane * of.rows.size * of.cols.size;
      T* to = planes + plane * cells;
      for (int64_t r = 0; r < rows.extent; ++r) {
        const int64_t row = rows.Element(p, r);
        if (!of.rows.Holds(row)) {
          to = std::fill_n(to, cols.extent, T(0));
          continue;
        }
        int64_t col = cols.Element(q, 0);
        for (int64_t c = 0; c < cols.extent; ++c, col += of.cols.stride) {
          *to++ = of.cols.Holds(col) ? from[row * of.cols.size + col] : T(0);
        }
      }
    }
  });
  std::fill_n(planes + count * cells, kSlack, T(0));
}

/// Where the runs of the taps of a group begin, in the order of the weight.
inline void FillOffsets(const Conv2dGeometry& of, int64_t* offsets) {
  const PhaseAxis rows(of.rows), cols(of.cols);
  for (int64_t c = 0; c < of.in; ++c) {
    for (int64_t a = 0; a < of.rows.kernel; ++a) {
      for (int64_t b = 0; b < of.cols.kernel; ++b) {
        const int64_t phase = (c * rows.phases + rows.Phase(a)) * cols.phases + cols.Phase(b);
        *offsets++ = phase * PhaseCells(of) + rows.Shift(a) * cols.extent + cols.Shift(b);
      }
    }
  }
}
// #endregion phases

/// Planes of `cells` zeros in which element (i, j) of dy lies at first + i * step + j.
template <typename T>
void SpreadRows(const Conv2dGeometry& of, const T* dy, int64_t first, T* planes) {
  const int64_t step = PhaseAxis(of.cols).extent, cells = MarginCells(of);
  const int64_t count = of.images * of.groups * of.out, width = of.cols.out;
  ParallelFor(count, ElementGrain(cells), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      const T* from = dy + plane * of.rows.out * width;
      T* to = planes + plane * cells;
      std::fill_n(to, cells, T(0));
      for (int64_t i = 0; i < of.rows.out; ++i) {
        std::copy_n(from + i * width, width, to + first + i * step);
      }
    }
  });
  std::fill_n(planes + count * cells, kSlack, T(0));
}

}  // namespace prova::simd

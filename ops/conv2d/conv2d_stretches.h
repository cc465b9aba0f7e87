#pragma once

#include <algorithm>
#include <numeric>

#include "ops/conv2d/conv2d_kernels.h"

namespace prova::simd {

// #region stretch
/// Positions of an axis that meet the same taps, so that none of their products is padding.
/// Positions are windows that read elements of x, or elements of x that read windows (of dy).
struct Stretch {
  int64_t first, step, count;              // positions first, first + step, …
  int64_t tap, tap_step, taps;             // taps tap, tap + tap_step, …
  int64_t source, source_step, tap_shift;  // what the first reads under the first tap, and changes

  bool IsContinuedBy(const Stretch& next) const {
    return next.first == first + count * step && next.tap == tap && next.taps == taps;
  }
  /// The same positions with `count` of their taps from `begin` on.
  Stretch WithTaps(int64_t begin, int64_t count) const {
    Stretch part = *this;
    part.tap += begin * tap_step;
    part.source += begin * tap_shift;
    part.taps = count;
    return part;
  }
  /// The positions among these from `begin` to `end`.
  Stretch Within(int64_t begin, int64_t end) const {
    auto positions_before = [&](int64_t bound) {
      return std::clamp((bound - first + step - 1) / step, int64_t{0}, count);
    };
    const int64_t skipped = positions_before(begin);
    Stretch part = *this;
    part.first += skipped * step;
    part.source += skipped * source_step;
    part.count = positions_before(end) - skipped;
    return part;
  }
};

/// Splits positions 0..positions-1 into stretches, written to `stretches`; returns how many.
/// `source_of(position, tap)` is what a position reads under a tap, negative if nothing.
template <typename SourceOf>
int64_t FindStretches(int64_t positions, int64_t kernel, const Stretch& steps, SourceOf source_of,
                      Stretch* stretches) {
  int64_t count = 0;
  for (int64_t residue = 0; residue < std::min(steps.step, positions); ++residue) {
    for (int64_t position = residue; position < positions; position += steps.step) {
      Stretch here = steps;
      here.first = position;
      here.count = 1;
      while (here.tap < kernel && source_of(position, here.tap) < 0) ++here.tap;
      auto meets = [&](int64_t tap) { return tap < kernel && source_of(position, tap) >= 0; };
      while (meets(here.tap + here.taps * here.tap_step)) ++here.taps;
      here.source = here.taps > 0 ? source_of(position, here.tap) : 0;
      if (count > 0 && stretches[count - 1].IsContinuedBy(here)) {
        ++stretches[count - 1].count;
      } else {
        stretches[count++] = here;
      }
    }
  }
  return count;
}

/// The windows of an axis, which read x.
inline int64_t FindWindows(const Conv2dAxis& axis, Stretch* stretches) {
  const Stretch steps = {
      .step = 1, .tap_step = 1, .source_step = axis.stride, .tap_shift = axis.dilation};
  return FindStretches(
      axis.out, axis.kernel, steps,
      [&](int64_t i, int64_t tap) {
        const int64_t element = axis.ElementUnder(i, tap);
        return axis.Holds(element) ? element : -1;
      },
      stretches);
}

/// The elements of an axis, which read the windows over them: those `stride` apart meet the same
/// taps.
inline int64_t FindElements(const Conv2dAxis& axis, Stretch* stretches) {
  const int64_t common = std::gcd(axis.stride, axis.dilation);
  const Stretch steps = {.step = axis.stride,
                         .tap_step = axis.stride / common,
                         .source_step = 1,
                         .tap_shift = -axis.dilation / common};
  return FindStretches(
      axis.size, axis.kernel, steps,
      [&](int64_t element, int64_t tap) { return axis.WindowOver(element, tap); }, stretches);
}
// #endregion stretch

/// Parts of the windows whose weight gradients are summed apart, so that threads have work where
/// there are few panels of filters.
inline int64_t Conv2dSlices(const Conv2dGeometry& of) {
  constexpr int64_t kTasks = 8, kFilters = 32, kPositions = 512;
  if (of.taps() == 1 && of.groups > 0) {
    // Many filters fill no cache here: what counts is that positions outweigh a sum of slices.
    return std::clamp<int64_t>(of.images * of.rows.out * of.cols.out / kPositions, 1,
                               (kTasks + of.groups - 1) / of.groups);
  }
  const int64_t panels = of.groups * ((of.out + kFilters - 1) / kFilters);
  return panels == 0 ? 1 : (kTasks + panels - 1) / panels;
}

/// Regions of the workspace, large enough for each kernel.
template <typename T>
struct Conv2dBuffers {
  Conv2dBuffers(void* workspace, const Conv2dGeometry& of) {
    auto take = [&](auto*& region, int64_t elements) {
      using Element = std::remove_reference_t<decltype(*region)>;
      region = reinterpret_cast<Element*>(static_cast<char*>(workspace) + bytes);
      bytes += (elements * static_cast<int64_t>(sizeof(Element)) + 63) / 64 * 64;
    };
    // The widest panel of all targets is 128 bytes.
    constexpr int64_t kWidest = 128 / sizeof(T);
    auto whole = [](int64_t filters) { return (filters + kWidest - 1) / kWidest * kWidest; };
    take(rows, std::max(of.rows.size, of.rows.out));
    take(cols, std::max(of.cols.size, of.cols.out));
    // Strips of pointwise weights have up to a dozen filters.
    const int64_t rest = of.taps() == 1 ? 12 : 0;
    take(panels, of.groups * of.taps() *
                     std::max(Conv2dSlices(of) * (whole(of.out) + rest) * of.in,
                              (whole(of.in) + rest) * of.out));
  }

  Stretch* rows;
  Stretch* cols;
  T* panels;
  int64_t bytes = 0;
};

}  // namespace prova::simd

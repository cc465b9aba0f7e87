#pragma once

#include <numeric>

#include "ops/common/gemm_cuda.h"
#include "ops/common/planes_cuda.h"
#include "ops/conv2d/conv2d_kernels.h"

namespace prova::cuda {

/// What the matrices of a convolution are made of. None lies in memory: their elements are gathered
/// when a tile is brought to shared memory.

struct Planes {
  explicit Planes(const Conv2dGeometry& of)
      : images(of.images),
        groups(int(of.groups)),
        in(int(of.in)),
        out(int(of.out)),
        rows(SideOf(of.rows)),
        cols(SideOf(of.cols)) {}

  static Side SideOf(const Conv2dAxis& axis) {
    return Side::Of(axis.size, axis.kernel, axis.out, axis.stride, axis.padding, axis.dilation);
  }
  __host__ __device__ int taps() const { return rows.kernel * cols.kernel; }
  __host__ __device__ int64_t elements() const { return int64_t{rows.size} * cols.size; }
  __host__ __device__ int64_t windows() const { return int64_t{rows.windows} * cols.windows; }

  int64_t images;
  int groups;
  int in, out;  // channels of a group
  Side rows, cols;
};

/// A tap of a channel, of the terms or places [channel, row, col].
struct Tap {
  int channel, row, col;
};
__device__ __forceinline__ Tap TapOf(int64_t at, int rows, int cols) {
  const Place place = PlaceOf(at, rows, cols);
  return {static_cast<int>(place.plane), place.i, place.j};
}

// #region windows
/// y: places are windows [image, i, j], terms are taps [channel, a, b] of a group. Padding is 0.
template <typename T>
struct WindowsOfX {
  using Element = T;
  using Values = Pack<T, kPackOf<T>>;
  static constexpr int kPack = kPackOf<T>;
  static constexpr bool along_terms = false;

  struct Reader {
    __device__ __forceinline__ Values Load(int64_t term) const {
      const Side &rows = from->of.rows, &cols = from->of.cols;
      const Tap tap = TapOf(term, rows.kernel, cols.kernel);
      const T* plane = channels + tap.channel * from->of.elements();
      Values values;
      for (int e = 0; e < kPack; ++e) {
        const int row = top[e] + tap.row * rows.dilation, col = left[e] + tap.col * cols.dilation;
        const bool is_inside = tap.channel < from->of.in && rows.Holds(row) && cols.Holds(col);
        values[e] = is_inside ? plane[image[e] + int64_t{row} * cols.size + col] : T(0);
      }
      return values;
    }

    const WindowsOfX* from;
    const T* channels;  // of the group in the first image
    int64_t image[kPack];
    int top[kPack], left[kPack];
  };
  __device__ __forceinline__ Reader At(int64_t group, int64_t place) const {
    Reader reader = {.from = this, .channels = x + group * of.in * of.elements()};
    for (int e = 0; e < kPack; ++e) {
      const Place at = PlaceOf(place + e, of.rows.windows, of.cols.windows);
      const bool exists = at.plane < of.images;
      reader.image[e] = at.plane * of.groups * of.in * of.elements();
      // Where there is no window, no tap meets the image.
      reader.top[e] = exists ? of.rows.ElementUnder(at.i, 0) : INT32_MIN / 2;
      reader.left[e] = of.cols.ElementUnder(at.j, 0);
    }
    return reader;
  }

  const T* x;
  Planes of;
};
// #endregion windows

// #region weight
/// dweight: places are filters, terms are windows [image, i, j].
template <typename T>
struct FiltersOfDy {
  using Element = T;
  using Values = Pack<T, kPackOf<T>>;
  static constexpr int kPack = kPackOf<T>;
  static constexpr bool along_terms = true;

  struct Reader {
    __device__ __forceinline__ Values Load(int64_t term) const {
      const Planes& of = from->of;
      Place at = PlaceOf(term, 1, static_cast<int>(of.windows()));
      const int64_t step = of.groups * of.out * of.windows();
      Values values;
      if (from->packed && exists && at.plane < of.images) {
        return *reinterpret_cast<const Values*>(plane + at.plane * step + at.j);
      }
      for (int e = 0; e < kPack; ++e) {
        values[e] = exists && at.plane < of.images ? plane[at.plane * step + at.j] : T(0);
        at = After(at, 1, static_cast<int>(of.windows()));
      }
      return values;
    }

    const FiltersOfDy* from;
    const T* plane;  // of the filter in the first image
    bool exists;
  };
  __device__ __forceinline__ Reader At(int64_t group, int64_t filter) const {
    return {this, dy + (group * of.out + filter) * of.windows(), filter < of.out};
  }

  const T* dy;
  Planes of;
  bool packed;
};

/// dweight: places are taps [channel, a, b], terms are windows [image, i, j].
template <typename T>
struct TapsOfX {
  using Element = T;
  using Values = Pack<T, kPackOf<T>>;
  static constexpr int kPack = kPackOf<T>;
  static constexpr bool along_terms = true;

  struct Reader {
    __device__ __forceinline__ Values Load(int64_t term) const {
      const Planes& of = from->of;
      Place at = PlaceOf(term, of.rows.windows, of.cols.windows);
      Values values;
      for (int e = 0; e < kPack; ++e) {
        const int row = of.rows.ElementUnder(at.i, tap.row);
        const int col = of.cols.ElementUnder(at.j, tap.col);
        const bool is_inside =
            tap.channel < of.in && at.plane < of.images && of.rows.Holds(row) && of.cols.Holds(col);
        const int64_t image = at.plane * of.groups * of.in * of.elements();
        values[e] = is_inside ? plane[image + int64_t{row} * of.cols.size + col] : T(0);
        at = After(at, of.rows.windows, of.cols.windows);
      }
      return values;
    }

    const TapsOfX* from;
    const T* plane;  // of the channel in the first image
    Tap tap;
  };
  __device__ __forceinline__ Reader At(int64_t group, int64_t place) const {
    const Tap tap = TapOf(place, of.rows.kernel, of.cols.kernel);
    return {this, x + (group * of.in + tap.channel) * of.elements(), tap};
  }

  const T* x;
  Planes of;
};
// #endregion weight

// #region phases
/// dx along one axis. Elements whose distance from the padding's begin has the same rest modulo
/// the stride, a *phase*, meet the same taps, each in one window: no product with a hole is made.
struct PhasedSide {
  explicit PhasedSide(const Side& of)
      : side(of),
        tap_step(of.stride / std::gcd(of.stride, of.dilation)),
        window_step(tap_step * of.dilation / of.stride),
        elements((of.size + of.stride - 1) / of.stride),
        taps((of.kernel + tap_step - 1) / tap_step) {}

  /// The first element of a phase.
  __device__ __forceinline__ int FirstElement(int phase) const {
    return (phase + side.stride - side.padding % side.stride) % side.stride;
  }
  /// Its first tap; beyond the kernel where it meets none.
  __device__ __forceinline__ int FirstTap(int phase) const {
    for (int tap = 0; tap < tap_step; ++tap) {
      if (tap * side.dilation % side.stride == phase) return tap;
    }
    return side.kernel;
  }

  Side side;
  int tap_step;        // between the taps of a phase
  int window_step;     // back from the window under one tap to that under the next
  int elements, taps;  // of the largest phase
};

struct Phases {
  explicit Phases(const Planes& of) : of(of), rows(of.rows), cols(of.cols) {}
  __host__ __device__ int count() const { return of.rows.stride * of.cols.stride; }
  /// Of number `batch` of [group, phase of rows, phase of columns].
  __device__ __forceinline__ Tap Of(int64_t batch) const {
    return TapOf(batch, of.rows.stride, of.cols.stride);
  }

  Planes of;
  PhasedSide rows, cols;
};

/// dx: places are channels, terms [filter, a, b] count the taps of a phase.
template <typename T>
struct ChannelsOfWeight {
  using Element = T;
  using Values = Pack<T, kPackOf<T>>;
  static constexpr int kPack = kPackOf<T>;
  static constexpr bool along_terms = false;

  struct Reader {
    __device__ __forceinline__ Values Load(int64_t term) const {
      const Planes& of = from->by.of;
      const Tap tap = TapOf(term, from->by.rows.taps, from->by.cols.taps);
      const int a = first_row + tap.row * from->by.rows.tap_step;
      const int b = first_col + tap.col * from->by.cols.tap_step;
      const bool is_tap = tap.channel < of.out && a < of.rows.kernel && b < of.cols.kernel;
      const T* filter = filters + int64_t{tap.channel} * of.in * of.taps() + a * of.cols.kernel + b;
      Values values;
      for (int e = 0; e < kPack; ++e) {
        const bool exists = is_tap && channel + e < of.in;
        values[e] = exists ? filter[(channel + e) * of.taps()] : T(0);
      }
      return values;
    }

    const ChannelsOfWeight* from;
    const T* filters;  // of the group
    int64_t channel;
    int first_row, first_col;  // taps
  };
  __device__ __forceinline__ Reader At(int64_t batch, int64_t place) const {
    const Tap phase = by.Of(batch);
    const int64_t filter = int64_t{phase.channel} * by.of.out;
    return {this, weight + filter * by.of.in * by.of.taps(), place, by.rows.FirstTap(phase.row),
            by.cols.FirstTap(phase.col)};
  }

  const T* weight;
  Phases by;
};

/// dx: places are elements [image, row, col] of a phase, terms [filter, a, b] its taps.
template <typename T>
struct ElementsOfDy {
  using Element = T;
  using Values = Pack<T, kPackOf<T>>;
  static constexpr int kPack = kPackOf<T>;
  static constexpr bool along_terms = false;

  struct Reader {
    __device__ __forceinline__ Values Load(int64_t term) const {
      const Phases& by = from->by;
      const Tap tap = TapOf(term, by.rows.taps, by.cols.taps);
      const bool is_tap = tap.channel < by.of.out && tap.row < row_taps && tap.col < col_taps;
      const T* plane = filters + tap.channel * by.of.windows();
      Values values;
      for (int e = 0; e < kPack; ++e) {
        const int i = bottom[e] - tap.row * by.rows.window_step;
        const int j = right[e] - tap.col * by.cols.window_step;
        const bool is_window =
            is_tap && i >= 0 && i < by.of.rows.windows && j >= 0 && j < by.of.cols.windows;
        values[e] = is_window ? plane[image[e] + int64_t{i} * by.of.cols.windows + j] : T(0);
      }
      return values;
    }

    const ElementsOfDy* from;
    const T* filters;  // of the group in the first image
    int64_t image[kPack];
    int bottom[kPack], right[kPack];  // the window under the phase's first tap
    int row_taps, col_taps;           // of the phase
  };
  __device__ __forceinline__ Reader At(int64_t batch, int64_t place) const {
    const Tap phase = by.Of(batch);
    const int first_row = by.rows.FirstTap(phase.row), first_col = by.cols.FirstTap(phase.col);
    Reader reader = {.from = this, .filters = dy + phase.channel * by.of.out * by.of.windows()};
    reader.row_taps = (by.of.rows.kernel - first_row + by.rows.tap_step - 1) / by.rows.tap_step;
    reader.col_taps = (by.of.cols.kernel - first_col + by.cols.tap_step - 1) / by.cols.tap_step;
    for (int e = 0; e < kPack; ++e) {
      const Place at = PlaceOf(place + e, by.rows.elements, by.cols.elements);
      const int row = by.rows.FirstElement(phase.row) + at.i * by.of.rows.stride;
      const int col = by.cols.FirstElement(phase.col) + at.j * by.of.cols.stride;
      reader.image[e] = at.plane * by.of.groups * by.of.out * by.of.windows();
      // Where there is no element, no window is below it.
      const bool exists = at.plane < by.of.images;
      reader.bottom[e] = exists ? WindowUnder(by.of.rows, row, first_row) : -1;
      reader.right[e] = WindowUnder(by.of.cols, col, first_col);
    }
    return reader;
  }
  /// A whole number for a tap of the element's phase; there may be no such window.
  static __device__ __forceinline__ int WindowUnder(const Side& side, int element, int tap) {
    return (element + side.padding - tap * side.dilation) / side.stride;
  }

  const T* dy;
  Phases by;
};
// #endregion phases

/// y: rows are filters of a group, columns windows [image, i, j]; a sum is finished by the bias.
template <typename T>
struct PlanesOfY {
  using Element = T;

  __device__ __forceinline__ T* At(int64_t group, int64_t filter, int64_t col) const {
    const Place at = PlaceOf(col, 1, static_cast<int>(of.windows()));
    return y + ((at.plane * of.groups + group) * of.out + filter) * of.windows() + at.j;
  }
  __device__ __forceinline__ T Finish(T sum, int64_t group, int64_t filter, int64_t) const {
    return bias == nullptr ? sum : sum + bias[group * of.out + filter];
  }

  T* y;
  const T* bias;
  Planes of;
  bool packed;
};

/// dx: rows are channels of a group, columns elements [image, row, col] of a phase.
template <typename T>
struct PlanesOfDx {
  using Element = T;

  __device__ __forceinline__ T* At(int64_t batch, int64_t channel, int64_t place) const {
    const Tap phase = by.Of(batch);
    const Place at = PlaceOf(place, by.rows.elements, by.cols.elements);
    const int row = by.rows.FirstElement(phase.row) + at.i * by.of.rows.stride;
    const int col = by.cols.FirstElement(phase.col) + at.j * by.of.cols.stride;
    if (!by.of.rows.Holds(row) || !by.of.cols.Holds(col)) return nullptr;
    const int64_t plane = (at.plane * by.of.groups + phase.channel) * by.of.in + channel;
    return dx + plane * by.of.elements() + int64_t{row} * by.of.cols.size + col;
  }
  __device__ __forceinline__ T Finish(T sum, int64_t, int64_t, int64_t) const { return sum; }

  T* dx;
  Phases by;
  bool packed;
};

}  // namespace prova::cuda

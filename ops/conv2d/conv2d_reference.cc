#include "ops/conv2d/conv2d_kernels.h"

namespace prova::reference {
namespace {

/// Element (i, j) of a plane among planes of rows x cols elements.
int64_t At(int64_t plane, int64_t rows, int64_t cols, int64_t i, int64_t j) {
  return (plane * rows + i) * cols + j;
}

// #region reference
template <typename T>
void Correlate(const Conv2dGeometry& of, const T* x, const T* weight, const T* bias, T* y) {
  const Conv2dAxis &rows = of.rows, &cols = of.cols;
  for (int64_t n = 0; n < of.images; ++n) {
    for (int64_t o = 0; o < of.groups * of.out; ++o) {
      const int64_t channels = (n * of.groups + o / of.out) * of.in;
      for (int64_t i = 0; i < rows.out; ++i) {
        for (int64_t j = 0; j < cols.out; ++j) {
          double sum = bias == nullptr ? 0.0 : bias[o];
          for (int64_t c = 0; c < of.in; ++c) {
            for (int64_t a = 0; a < rows.kernel; ++a) {
              for (int64_t b = 0; b < cols.kernel; ++b) {
                const int64_t row = rows.ElementUnder(i, a), col = cols.ElementUnder(j, b);
                if (!rows.Holds(row) || !cols.Holds(col)) continue;
                sum += double{x[At(channels + c, rows.size, cols.size, row, col)]} *
                       double{weight[At(o * of.in + c, rows.kernel, cols.kernel, a, b)]};
              }
            }
          }
          y[At(n * of.groups * of.out + o, rows.out, cols.out, i, j)] = static_cast<T>(sum);
        }
      }
    }
  }
}
// #endregion reference

// #region reference_backward
/// dx[n, c, row, col]: every window over the element, every filter of its group.
template <typename T>
void BackwardInput(const Conv2dGeometry& of, const T* dy, const T* weight, T* dx) {
  const Conv2dAxis &rows = of.rows, &cols = of.cols;
  for (int64_t plane = 0; plane < of.images * of.groups * of.in; ++plane) {
    const int64_t n = plane / (of.groups * of.in), c = plane % of.in;
    const int64_t first = plane / of.in % of.groups * of.out;
    for (int64_t row = 0; row < rows.size; ++row) {
      for (int64_t col = 0; col < cols.size; ++col) {
        double sum = 0;
        for (int64_t o = first; o < first + of.out; ++o) {
          for (int64_t a = 0; a < rows.kernel; ++a) {
            for (int64_t b = 0; b < cols.kernel; ++b) {
              const int64_t i = rows.WindowOver(row, a), j = cols.WindowOver(col, b);
              if (i < 0 || j < 0) continue;
              sum += double{dy[At(n * of.groups * of.out + o, rows.out, cols.out, i, j)]} *
                     double{weight[At(o * of.in + c, rows.kernel, cols.kernel, a, b)]};
            }
          }
        }
        dx[At(plane, rows.size, cols.size, row, col)] = static_cast<T>(sum);
      }
    }
  }
}

/// dweight[o, c, a, b]: every image, every window.
template <typename T>
void BackwardWeight(const Conv2dGeometry& of, const T* dy, const T* x, T* dweight) {
  const Conv2dAxis &rows = of.rows, &cols = of.cols;
  for (int64_t filter = 0; filter < of.groups * of.out * of.in; ++filter) {
    const int64_t o = filter / of.in, channel = o / of.out * of.in + filter % of.in;
    for (int64_t a = 0; a < rows.kernel; ++a) {
      for (int64_t b = 0; b < cols.kernel; ++b) {
        double sum = 0;
        for (int64_t n = 0; n < of.images; ++n) {
          for (int64_t i = 0; i < rows.out; ++i) {
            for (int64_t j = 0; j < cols.out; ++j) {
              const int64_t row = rows.ElementUnder(i, a), col = cols.ElementUnder(j, b);
              if (!rows.Holds(row) || !cols.Holds(col)) continue;
              const int64_t plane = n * of.groups * of.in + channel;
              sum += double{dy[At(n * of.groups * of.out + o, rows.out, cols.out, i, j)]} *
                     double{x[At(plane, rows.size, cols.size, row, col)]};
            }
          }
        }
        dweight[At(filter, rows.kernel, cols.kernel, a, b)] = static_cast<T>(sum);
      }
    }
  }
}
// #endregion reference_backward

}  // namespace

void Conv2d(const Conv2dArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    Correlate(args.of, static_cast<const T*>(args.x), static_cast<const T*>(args.weight),
              static_cast<const T*>(args.bias), static_cast<T*>(args.y));
  });
}

void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    BackwardInput(args.of, static_cast<const T*>(args.dy), static_cast<const T*>(args.weight),
                  static_cast<T*>(args.dx));
  });
}

void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    BackwardWeight(args.of, static_cast<const T*>(args.dy), static_cast<const T*>(args.x),
                   static_cast<T*>(args.dweight));
  });
}

}  // namespace prova::reference

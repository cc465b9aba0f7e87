#include <cmath>

#include "ops/layer_norm/layer_norm_kernels.h"

namespace prova::reference {
namespace {

// #region reference
struct Moments {
  double mean;
  double scale;  // 1 / sqrt(var + epsilon)
};

template <typename T>
Moments MomentsOf(const T* x, int64_t cols, double epsilon) {
  // Find the mean first.
  double sum = 0;
  for (int64_t i = 0; i < cols; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(cols);

  // Then square deviations from it, never the elements themselves.
  double squares = 0;
  for (int64_t i = 0; i < cols; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {mean, 1 / std::sqrt(squares / static_cast<double>(cols) + epsilon)};
}

template <typename T>
void LayerNormRow(const T* x, const T* weight, const T* bias, T* y, int64_t cols, double epsilon) {
  const Moments of_row = MomentsOf(x, cols, epsilon);
  for (int64_t i = 0; i < cols; ++i) {
    const double z = (x[i] - of_row.mean) * of_row.scale;
    y[i] = static_cast<T>(z * (weight ? weight[i] : 1) + (bias ? bias[i] : 0));
  }
}
// #endregion reference

// #region reference_backward
template <typename T>
void GradientOfRow(const T* dy, const T* x, const T* weight, T* dx, double* dweight, double* dbias,
                   int64_t cols, double epsilon) {
  const Moments of_row = MomentsOf(x, cols, epsilon);
  auto z = [&](int64_t i) { return (x[i] - of_row.mean) * of_row.scale; };
  auto g = [&](int64_t i) { return double{dy[i]} * (weight ? weight[i] : 1); };

  // Each row adds to the sums over rows.
  for (int64_t i = 0; i < cols; ++i) {
    dweight[i] += dy[i] * z(i);
    dbias[i] += dy[i];
  }
  if (dx == nullptr) return;

  // Take from g what a shift and a stretch of the row would explain.
  double mean_g = 0, mean_gz = 0;
  for (int64_t i = 0; i < cols; ++i) {
    mean_g += g(i) / static_cast<double>(cols);
    mean_gz += g(i) * z(i) / static_cast<double>(cols);
  }
  for (int64_t i = 0; i < cols; ++i) {
    dx[i] = static_cast<T>((g(i) - mean_g - z(i) * mean_gz) * of_row.scale);
  }
}
// #endregion reference_backward

}  // namespace

void LayerNorm(const LayerNormArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    for (int64_t row = 0; row < args.rows; ++row) {
      LayerNormRow(static_cast<const T*>(args.x) + row * args.cols,
                   static_cast<const T*>(args.weight), static_cast<const T*>(args.bias),
                   static_cast<T*>(args.y) + row * args.cols, args.cols, args.epsilon);
    }
  });
}

void LayerNormBackward(const LayerNormBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T *dx = static_cast<T*>(args.dx), *dweight = static_cast<T*>(args.dweight),
      *dbias = static_cast<T*>(args.dbias);
    double *weight_sums = static_cast<double*>(args.sums), *bias_sums = weight_sums + args.cols;
    for (int64_t i = 0; i < args.cols; ++i) weight_sums[i] = bias_sums[i] = 0;
    for (int64_t row = 0; row < args.rows; ++row) {
      const int64_t at = row * args.cols;
      GradientOfRow(static_cast<const T*>(args.dy) + at, static_cast<const T*>(args.x) + at,
                    static_cast<const T*>(args.weight), dx ? dx + at : nullptr, weight_sums,
                    bias_sums, args.cols, args.epsilon);
    }
    for (int64_t i = 0; i < args.cols; ++i) {
      if (dweight) dweight[i] = static_cast<T>(weight_sums[i]);
      if (dbias) dbias[i] = static_cast<T>(bias_sums[i]);
    }
  });
}

}  // namespace prova::reference

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/softmax/softmax_kernels.h"

namespace prova::reference {
namespace {

// #region reference
template <typename T>
void SoftmaxRow(const T* x, T* y, int64_t cols) {
  // Find the peak of the row; std::max keeps its first argument when the second is NaN.
  T peak = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < cols; ++i) peak = std::max(peak, x[i]);

  // Exponentiate what lies below it: every term is in [0, 1], and the largest is 1.
  double sum = 0;
  for (int64_t i = 0; i < cols; ++i) {
    y[i] = std::exp(x[i] - peak);
    sum += y[i];
  }

  // Divide by the sum.
  for (int64_t i = 0; i < cols; ++i) y[i] = static_cast<T>(y[i] / sum);
}
// #endregion reference

// #region reference_backward
template <typename T>
void SoftmaxBackwardRow(const T* dy, const T* y, T* dx, int64_t cols) {
  double mean = 0;
  for (int64_t i = 0; i < cols; ++i) mean += double{dy[i]} * double{y[i]};
  for (int64_t i = 0; i < cols; ++i) dx[i] = static_cast<T>(y[i] * (dy[i] - mean));
}
// #endregion reference_backward

}  // namespace

void Softmax(const RowsArgs& args) {
  MapRows(args, [](const auto* x, auto* y, int64_t cols) { SoftmaxRow(x, y, cols); });
}

void SoftmaxBackward(const RowsBackwardArgs& args) {
  MapRows(args, [](const auto* dy, const auto* y, auto* dx, int64_t cols) {
    SoftmaxBackwardRow(dy, y, dx, cols);
  });
}

}  // namespace prova::reference

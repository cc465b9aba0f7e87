#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/log_softmax/log_softmax_kernels.h"

namespace prova::reference {
namespace {

// #region reference
template <typename T>
void LogSoftmaxRow(const T* x, T* y, int64_t cols) {
  // Find the peak of the row; std::max keeps its first argument when the second is NaN.
  T peak = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < cols; ++i) peak = std::max(peak, x[i]);

  // Sum the exponentials of what lies below it: the sum is in [1, cols].
  double sum = 0;
  for (int64_t i = 0; i < cols; ++i) sum += std::exp(double{x[i]} - double{peak});

  // Subtract the peak and the logarithm, each from what it is close to.
  const double log_sum = std::log(sum);
  for (int64_t i = 0; i < cols; ++i) {
    y[i] = static_cast<T>((double{x[i]} - double{peak}) - log_sum);
  }
}
// #endregion reference

// #region reference_backward
template <typename T>
void LogSoftmaxBackwardRow(const T* dy, const T* y, T* dx, int64_t cols) {
  double total = 0;
  for (int64_t i = 0; i < cols; ++i) total += dy[i];
  for (int64_t i = 0; i < cols; ++i) dx[i] = static_cast<T>(dy[i] - std::exp(double{y[i]}) * total);
}
// #endregion reference_backward

}  // namespace

void LogSoftmax(const RowsArgs& args) {
  MapRows(args, [](const auto* x, auto* y, int64_t cols) { LogSoftmaxRow(x, y, cols); });
}

void LogSoftmaxBackward(const RowsBackwardArgs& args) {
  MapRows(args, [](const auto* dy, const auto* y, auto* dx, int64_t cols) {
    LogSoftmaxBackwardRow(dy, y, dx, cols);
  });
}

}  // namespace prova::reference

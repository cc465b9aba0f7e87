#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/cross_entropy/cross_entropy_kernels.h"

namespace prova::reference {
namespace {

// #region reference
template <typename T>
double Peak(const T* z, int64_t cols) {
  T peak = -std::numeric_limits<T>::infinity();
  for (int64_t j = 0; j < cols; ++j) peak = std::max(peak, z[j]);
  return peak;
}

template <typename T>
double SumOfExp(const T* z, double peak, int64_t cols) {
  double sum = 0;
  for (int64_t j = 0; j < cols; ++j) sum += std::exp(z[j] - peak);
  return sum;
}

template <typename T>
T LossOfRow(const T* z, int64_t target, int64_t cols, double smoothing) {
  // Measure every score from the peak: shifts change no loss.
  const double peak = Peak(z, cols);
  double loss = std::log(SumOfExp(z, peak, cols)) - (1 - smoothing) * (z[target] - peak);

  // Spread the smoothed share; without it a score of -inf, a masked class, must cost nothing.
  if (smoothing > 0) {
    double below = 0;
    for (int64_t j = 0; j < cols; ++j) below += z[j] - peak;
    loss -= smoothing * below / static_cast<double>(cols);
  }
  return static_cast<T>(loss);
}
// #endregion reference

// #region reference_backward
template <typename T>
void GradientOfRow(T weight, const T* z, int64_t target, T* dz, int64_t cols, double smoothing) {
  const double peak = Peak(z, cols), sum = SumOfExp(z, peak, cols);
  for (int64_t j = 0; j < cols; ++j) {
    const double p = std::exp(z[j] - peak) / sum;
    const double q = (j == target ? 1 - smoothing : 0) + smoothing / static_cast<double>(cols);
    dz[j] = static_cast<T>(weight * (p - q));
  }
}
// #endregion reference_backward

}  // namespace

void CrossEntropy(const CrossEntropyArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    for (int64_t row = 0; row < args.rows; ++row) {
      const T* z = static_cast<const T*>(args.logits) + row * args.cols;
      const int64_t target = args.target[row];
      const bool ignored = target == args.ignore_index;
      static_cast<T*>(args.loss)[row] =
          ignored ? T(0) : LossOfRow(z, target, args.cols, args.label_smoothing);
    }
  });
}

void CrossEntropyBackward(const CrossEntropyBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    for (int64_t row = 0; row < args.rows; ++row) {
      const T* z = static_cast<const T*>(args.logits) + row * args.cols;
      T* dz = static_cast<T*>(args.dlogits) + row * args.cols;
      if (args.target[row] == args.ignore_index) {
        std::fill(dz, dz + args.cols, T(0));
      } else {
        GradientOfRow(static_cast<const T*>(args.weight)[row], z, args.target[row], dz, args.cols,
                      args.label_smoothing);
      }
    }
  });
}

}  // namespace prova::reference

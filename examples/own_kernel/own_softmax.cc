#include "examples/own_kernel/own_softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/tape.h"
#include "base/parallel_for.h"
#include "ops/mul/mul.h"
#include "ops/softmax/softmax.h"
#include "ops/softmax/softmax_kernels.h"
#include "tensor/create.h"

using namespace prova;

namespace {

// #region kernel
/// The largest x and the sum of e^(x - peak), in one pass: a higher peak scales down what has been
/// added. After M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", 2018.
template <typename T>
struct OnlineSum {
  T peak = std::numeric_limits<T>::lowest();
  T sum = 0;

  void Add(T x) {
    const T before = peak;
    peak = std::max(peak, x);
    sum = sum * std::exp(before - peak) + std::exp(x - peak);
  }
};

template <typename T>
OnlineSum<T> SumOf(const T* x, int64_t cols) {
  OnlineSum<T> online;
  for (int64_t i = 0; i < cols; ++i) online.Add(x[i]);
  return online;
}
// #endregion kernel

// #region mistakes
template <typename T>
OnlineSum<T> WithoutRescaling(const T* x, int64_t cols) {
  OnlineSum<T> online;
  for (int64_t i = 0; i < cols; ++i) {
    online.peak = std::max(online.peak, x[i]);
    online.sum += std::exp(x[i] - online.peak);
  }
  return online;
}

/// Unrolled by four, and what is left over forgotten.
template <typename T>
OnlineSum<T> OfAShortRow(const T* x, int64_t cols) {
  return SumOf(x, cols < 4 ? cols : cols / 4 * 4);
}

/// From -inf on: where x begins with -inf too, their difference is no number.
template <typename T>
OnlineSum<T> FromMinusInfinity(const T* x, int64_t cols) {
  OnlineSum<T> online = {.peak = -std::numeric_limits<T>::infinity()};
  for (int64_t i = 0; i < cols; ++i) online.Add(x[i]);
  return online;
}

/// A part of the row for each thread: their number decides in which order is added.
template <typename T>
OnlineSum<T> InPartsOfThreads(const T* x, int64_t cols) {
  OnlineSum<T> online = {.peak = *std::max_element(x, x + cols)};
  const int64_t part = (cols + NumThreads() - 1) / NumThreads();
  for (int64_t begin = 0; begin < cols; begin += part) {
    T sum = 0;
    for (int64_t i = begin; i < std::min(begin + part, cols); ++i) {
      sum += std::exp(x[i] - online.peak);
    }
    online.sum += sum;
  }
  return online;
}
// #endregion mistakes

template <typename T>
OnlineSum<T> SumOfVariant(const T* x, int64_t cols) {
  switch (variant) {
    case Variant::kNoRescaling: return WithoutRescaling(x, cols);
    case Variant::kShortRow: return OfAShortRow(x, cols);
    case Variant::kMaskedStart: return FromMinusInfinity(x, cols);
    case Variant::kThreads: return InPartsOfThreads(x, cols);
    default: return SumOf(x, cols);
  }
}

/// One row after another: what is proven, and what goes wrong, is the sum of a row.
void OwnKernel(const RowsArgs& args) {
  reference::MapRows(args, [](const auto* x, auto* y, int64_t cols) {
    const auto [peak, sum] = SumOfVariant(x, cols);
    for (int64_t i = 0; i < cols; ++i) y[i] = std::exp(x[i] - peak) / sum;
  });
}

// #region table
constexpr KernelEntry<RowsFn> kOwnKernels[] = {
    {Where::kSimd, OwnKernel},
    {Where::kReference, reference::Softmax},
};
// #endregion table

}  // namespace

// #region operation
Tensor OwnSoftmax(const Tensor& x) {
  RequireFloating("own_softmax", x);
  const int last = x.rank() - 1;
  const auto kernel = Choose("own_softmax", kOwnKernels, x.dtype());
  const Tensor rows = ToRows(x, last, kernel.dtype);
  const Tensor y = empty_like(rows);
  kernel({rows.dtype(), rows.raw_data(), y.raw_mutable_data(), rows.size(0), rows.size(1)});
  return Record("own_softmax", {x}, FromRows(y, x, last),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  if (variant == Variant::kGradient) return {dy * saved.output()};
                  return {softmax_backward(dy, saved.output())};
                });
}
// #endregion operation

#include <cmath>
#include <numbers>

#include "ops/linear/linear_kernels.h"

namespace prova::reference {
namespace {

// #region reference
double Activate(Activation activation, double sum) {
  switch (activation) {
    case Activation::kNone: return sum;
    case Activation::kRelu: return sum < 0 ? 0 : sum;
    // Far below -40 gelu is 0; the limit keeps -inf from meeting 0.
    case Activation::kGelu: return std::fmax(sum, -40) * std::erfc(-sum / std::numbers::sqrt2) / 2;
  }
  return sum;
}

template <typename T>
void ApplyToRows(const LinearArgs& args) {
  const T* weight = static_cast<const T*>(args.weight);
  const T* bias = static_cast<const T*>(args.bias);
  for (int64_t row = 0; row < args.rows; ++row) {
    const T* x = static_cast<const T*>(args.x) + row * args.in;
    T* y = static_cast<T*>(args.y) + row * args.out;
    for (int64_t o = 0; o < args.out; ++o) {
      double sum = bias == nullptr ? 0.0 : bias[o];
      for (int64_t i = 0; i < args.in; ++i) sum += double{x[i]} * double{weight[o * args.in + i]};
      y[o] = static_cast<T>(Activate(args.activation, sum));
    }
  }
}
// #endregion reference

}  // namespace

void Linear(const LinearArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { ApplyToRows<typename decltype(type)::type>(args); });
}

}  // namespace prova::reference

#include "ops/linear/linear_kernels.h"

namespace prova::reference {
namespace {

// #region reference
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
      y[o] = static_cast<T>(sum);
    }
  }
}
// #endregion reference

}  // namespace

void Linear(const LinearArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { ApplyToRows<typename decltype(type)::type>(args); });
}

}  // namespace prova::reference

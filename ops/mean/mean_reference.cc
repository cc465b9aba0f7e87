#include "ops/mean/mean_kernels.h"

namespace prova::reference {
namespace {

// #region reference
/// The mean of n elements that lie `stride` apart; 0 / 0 = NaN where n = 0.
template <typename T>
T MeanOf(const T* x, int64_t n, int64_t stride) {
  double total = 0;
  for (int64_t k = 0; k < n; ++k) total += x[k * stride];
  return static_cast<T>(total / static_cast<double>(n));
}
// #endregion reference

}  // namespace

void Mean(const ReduceArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    for (int64_t o = 0; o < args.outer; ++o) {
      for (int64_t i = 0; i < args.inner; ++i) {
        y[o * args.inner + i] = MeanOf(x + o * args.axis * args.inner + i, args.axis, args.inner);
      }
    }
  });
}

}  // namespace prova::reference

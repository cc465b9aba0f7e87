#include "ops/sum/sum_kernels.h"

namespace prova::reference {
namespace {

// #region reference
/// The sum of n elements that lie `stride` apart.
template <typename T>
T SumOf(const T* x, int64_t n, int64_t stride) {
  if constexpr (std::is_floating_point_v<T>) {
    double total = 0;
    for (int64_t k = 0; k < n; ++k) total += x[k * stride];
    return static_cast<T>(total);
  } else {
    uint64_t total = 0;  // wraps
    for (int64_t k = 0; k < n; ++k) total += static_cast<uint64_t>(x[k * stride]);
    return static_cast<T>(total);
  }
}

template <typename T>
void Sum(const ReduceArgs& args) {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  for (int64_t o = 0; o < args.outer; ++o) {
    for (int64_t i = 0; i < args.inner; ++i) {
      y[o * args.inner + i] = SumOf(x + o * args.axis * args.inner + i, args.axis, args.inner);
    }
  }
}
// #endregion reference

}  // namespace

void Sum(const ReduceArgs& args) {
  if (args.dtype == DType::kInt64) return Sum<int64_t>(args);
  VisitFloats(args.dtype, [&](auto type) { Sum<typename decltype(type)::type>(args); });
}

}  // namespace prova::reference

#include "ops/${name}/${name}_kernels.h"

namespace prova::reference {
namespace {

// #region reference
/// FILL IN: the reduction of n elements that lie `stride` apart; here they are summed.
template <typename T>
T ${Name}Of(const T* x, int64_t n, int64_t stride) {
  double total = 0;
  for (int64_t k = 0; k < n; ++k) total += x[k * stride];
  return static_cast<T>(total);
}
// #endregion reference

}  // namespace

void $Name(const ReduceArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    for (int64_t o = 0; o < args.outer; ++o) {
      for (int64_t i = 0; i < args.inner; ++i) {
        const T* first = x + o * args.axis * args.inner + i;
        y[o * args.inner + i] = ${Name}Of(first, args.axis, args.inner);
      }
    }
  });
}

}  // namespace prova::reference

#include "ops/matmul/matmul_kernels.h"

namespace prova::reference {
namespace {

// #region reference
template <typename T>
void MultiplyMatrices(const MatmulArgs& args, const T* a, const T* b, T* y) {
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double, WrappingType<T>>;
  for (int64_t i = 0; i < args.m; ++i) {
    for (int64_t j = 0; j < args.n; ++j) {
      Sum sum = 0;
      for (int64_t k = 0; k < args.k; ++k) {
        sum += Sum(a[i * args.a_row + k * args.a_col]) * Sum(b[k * args.b_row + j * args.b_col]);
      }
      y[i * args.n + j] = static_cast<T>(sum);
    }
  }
}
// #endregion reference

}  // namespace

void Matmul(const MatmulArgs& args) {
  VisitNumbers(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* a = static_cast<const T*>(args.a);
    const T* b = static_cast<const T*>(args.b);
    T* y = static_cast<T*>(args.y);
    for (int64_t batch = 0; batch < args.batches; ++batch) {
      args.At(batch, [&](int64_t a_first, int64_t b_first, int64_t y_first) {
        MultiplyMatrices(args, a + a_first, b + b_first, y + y_first);
      });
    }
  });
}

}  // namespace prova::reference

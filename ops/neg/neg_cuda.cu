#include "ops/common/pointwise_cuda.h"
#include "ops/neg/neg_kernels.h"

namespace prova::cuda {

// #region cuda
void Neg(const UnaryArgs& args) {
  MapNumbers(args, [] __device__(auto x) {
    using T = decltype(x);
    return static_cast<T>(-WrappingType<T>(x));
  });
}
// #endregion cuda

}  // namespace prova::cuda

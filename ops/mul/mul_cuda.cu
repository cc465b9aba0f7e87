#include "ops/common/pointwise_cuda.h"
#include "ops/mul/mul_kernels.h"

namespace prova::cuda {

// #region cuda
void Mul(const BinaryArgs& args) {
  MapNumbers(args, [] __device__(auto a, auto b) {
    using T = decltype(a);
    using W = WrappingType<T>;
    return static_cast<T>(W(a) * W(b));
  });
}
// #endregion cuda

}  // namespace prova::cuda

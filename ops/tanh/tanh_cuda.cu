#include <cmath>

#include "ops/common/pointwise_cuda.h"
#include "ops/tanh/tanh_kernels.h"

namespace prova::cuda {

// #region cuda
void Tanh(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return std::tanh(x); });
}

void TanhBackward(const BinaryArgs& args) {
  MapFloats(args, [] __device__(auto dy, auto y) { return dy * ((1 - y) * (1 + y)); });
}
// #endregion cuda

}  // namespace prova::cuda

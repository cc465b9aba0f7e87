#include "ops/common/pointwise_cuda.h"
#include "ops/relu/relu_kernels.h"

namespace prova::cuda {

// #region cuda
void Relu(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return x <= 0 ? decltype(x)(0) : x; });
}

void ReluBackward(const BinaryArgs& args) {
  MapFloats(args, [] __device__(auto dy, auto x) { return x > 0 ? dy : decltype(dy)(0); });
}
// #endregion cuda

}  // namespace prova::cuda

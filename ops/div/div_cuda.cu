#include "ops/common/pointwise_cuda.h"
#include "ops/div/div_kernels.h"

namespace prova::cuda {

// #region cuda
void Div(const BinaryArgs& args) {
  MapFloats(args, [] __device__(auto a, auto b) { return a / b; });
}
// #endregion cuda

}  // namespace prova::cuda

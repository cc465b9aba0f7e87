#include "ops/common/math_cuda.h"
#include "ops/common/pointwise_cuda.h"
#include "ops/exp/exp_kernels.h"

namespace prova::cuda {

// #region cuda
void Exp(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return math::Exp(x); });
}
// #endregion cuda

}  // namespace prova::cuda

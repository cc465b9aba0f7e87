#include <cmath>

#include "ops/common/pointwise_cuda.h"
#include "ops/exp/exp_kernels.h"

namespace prova::cuda {

// #region cuda
void Exp(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return std::exp(x); });
}
// #endregion cuda

}  // namespace prova::cuda

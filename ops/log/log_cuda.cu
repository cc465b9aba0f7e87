#include "ops/common/math_cuda.h"
#include "ops/common/pointwise_cuda.h"
#include "ops/log/log_kernels.h"

namespace prova::cuda {

// #region cuda
void Log(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return math::Log(x); });
}
// #endregion cuda

}  // namespace prova::cuda

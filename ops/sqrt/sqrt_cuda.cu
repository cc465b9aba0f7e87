#include <cmath>

#include "ops/common/pointwise_cuda.h"
#include "ops/sqrt/sqrt_kernels.h"

namespace prova::cuda {

// #region cuda
void Sqrt(const UnaryArgs& args) {
  MapFloats(args, [] __device__(auto x) { return std::sqrt(x); });
}
// #endregion cuda

}  // namespace prova::cuda

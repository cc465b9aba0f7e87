#include "ops/${name}/${name}_kernels.h"
#include "ops/common/pointwise_cuda.h"

namespace prova::cuda {

// #region cuda
void $Name(const UnaryArgs& args) {
  // FILL IN: the device formula; here it is the identity.
  MapFloats(args, [] __device__(auto x) { return x; });
}
// #endregion cuda

}  // namespace prova::cuda

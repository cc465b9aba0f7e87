#include "ops/common/reduce_cuda.h"
#include "ops/mean/mean_kernels.h"

namespace prova::cuda {

// #region cuda
void Mean(const ReduceArgs& args) {
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ReduceAxis<Summing<Wide<T>>, T>(args, DividedBy<T>{static_cast<double>(args.axis)});
  });
}
// #endregion cuda

}  // namespace prova::cuda

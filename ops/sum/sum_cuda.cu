#include "ops/common/reduce_cuda.h"
#include "ops/sum/sum_kernels.h"

namespace prova::cuda {

// #region cuda
void Sum(const ReduceArgs& args) {
  if (args.dtype == DType::kInt64) {
    return ReduceAxis<Summing<int64_t>, int64_t>(args, Same<int64_t>());
  }
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ReduceAxis<Summing<Wide<T>>, T>(args, Same<T>());
  });
}
// #endregion cuda

}  // namespace prova::cuda

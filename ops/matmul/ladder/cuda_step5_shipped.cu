#include "ops/matmul/ladder/cuda_ladder.h"
#include "ops/matmul/matmul_kernels.h"
#include "tensor/create.h"

namespace prova::cuda::ladder {

// #region step
void Shipped(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k) {
  MatmulArgs args = {.dtype = DType::kFloat32,
                     .a = a,
                     .b = b,
                     .y = y,
                     .m = m,
                     .n = n,
                     .k = k,
                     .a_row = k,
                     .a_col = 1,
                     .b_row = n,
                     .b_col = 1,
                     .batches = 1};
  const Tensor workspace =
      empty({MatmulWorkspace(args)}, {.dtype = DType::kUInt8, .device = cuda_device()});
  args.workspace = workspace.raw_mutable_data();
  Matmul(args);
}
// #endregion step

}  // namespace prova::cuda::ladder

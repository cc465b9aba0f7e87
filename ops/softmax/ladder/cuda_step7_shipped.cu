#include "ops/softmax/ladder/cuda_ladder.h"
#include "ops/softmax/softmax_kernels.h"

namespace prova::cuda::ladder {

// #region step
void Shipped(const float* x, float* y, int64_t rows, int64_t cols) {
  Softmax({DType::kFloat32, x, y, rows, cols});
}
// #endregion step

}  // namespace prova::cuda::ladder

#pragma once

#include "ops/common/kernel_table.h"
#include "tensor/strided.h"

namespace prova {

/// y[i, j] = sum_k a[i, k] b[k, j] for each matrix of a batch. `batch` walks the first elements of
/// the matrices a and b, or is empty for a single product; those of y follow one another. A vector
/// (m = 1 or n = 1) has steps of 1.
struct MatmulArgs {
  DType dtype;  // of 16 bits only for tensor cores, and for vectors on a GPU
  const void* a;
  const void* b;
  void* y;  // [batches, m, n]
  int64_t m;
  int64_t n;
  int64_t k;
  int64_t a_row, a_col;  // element (i, k) of a matrix a at i * a_row + k * a_col
  int64_t b_row, b_col;  // element (k, j) of a matrix b at k * b_row + j * b_col
  int64_t batches;
  JointGeometry batch;
  bool on_cores = false;      // of a GPU; float32 is rounded to tf32
  void* workspace = nullptr;  // as many bytes as MatmulWorkspace tells

  /// Calls visit(a, b, y) with the first elements of the matrices of one product.
  template <typename Visit>
  void At(int64_t index, Visit&& visit) const {
    if (batch.operands == 0) return visit(0, 0, 0);
    ForEachRun(batch, index, index + 1, [&](const int64_t* offsets, int64_t) {
      visit(offsets[0], offsets[1], index * m * n);
    });
  }
};
using MatmulFn = void (*)(const MatmulArgs&);

namespace reference {
void Matmul(const MatmulArgs& args);
}
namespace simd {
/// Bytes for sums of parts of the terms of a product with a vector.
int64_t MatmulWorkspace(const MatmulArgs& args);
void Matmul(const MatmulArgs& args);
}  // namespace simd
namespace cuda {
/// Bytes for sums of parts of long terms.
PROVA_LINKED int64_t MatmulWorkspace(const MatmulArgs& args);
PROVA_LINKED void Matmul(const MatmulArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<MatmulFn> kMatmulKernels[] = {
    {Where::kCuda, cuda::Matmul, kComputeNumbers},
    {Where::kSimd, simd::Matmul, kComputeFloats},
    {Where::kReference, reference::Matmul, kComputeNumbers},
};

}  // namespace prova

#pragma once

#include "tensor/tensor.h"

namespace prova::cuda {

/// A product of float matrices as a test wants it cut, where `Matmul` would choose by the sizes:
/// y[i, j] = sum_t a[i, t] b[j, t], cut into tiles of side x side and so many splits of the terms.
struct GemmTrial {
  int side;
  int64_t splits;
  Tensor a, b;  // [batches, rows, terms], [batches, cols, terms], any strides
  Tensor y;     // [batches, rows, cols]
};
void Multiply(const GemmTrial& trial);

/// The same by tensor cores: bfloat16, float16, or float32 rounded to tf32. Bulk copies must be
/// able to bring the operands.
struct CoreTrial {
  bool is_wide;
  int64_t blocks;
  Tensor a, b, y;
};
void MultiplyByCores(const CoreTrial& trial);

}  // namespace prova::cuda

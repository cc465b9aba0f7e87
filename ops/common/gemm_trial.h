#pragma once

#include <numeric>
#include <vector>

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

/// What y must be, in row-major order: exact wherever sums of doubles are.
inline std::vector<double> ExactProduct(const Tensor& a, const Tensor& b) {
  const int64_t batches = a.size(0), rows = a.size(1), cols = b.size(1), terms = a.size(2);
  const std::vector<double> left = a.to_vector<double>(), right = b.to_vector<double>();
  std::vector<double> y;
  for (int64_t batch = 0; batch < batches; ++batch) {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < cols; ++j) {
        const auto row = left.begin() + (batch * rows + i) * terms;
        y.push_back(
            std::inner_product(row, row + terms, right.begin() + (batch * cols + j) * terms, 0.0));
      }
    }
  }
  return y;
}

}  // namespace prova::cuda

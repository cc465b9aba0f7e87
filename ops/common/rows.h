#pragma once

#include "base/parallel_for.h"
#include "ops/common/kernel_table.h"
#include "tensor/tensor.h"

namespace prova {

/// Operations along one axis see rows: any axis collapses to a matrix here, once.

/// x as a contiguous matrix [rows, cols] in what kernels compute in, each row running along `axis`
/// (counted from the front).
Tensor ToRows(const Tensor& x, int axis);

/// The inverse: a matrix made by a kernel in the shape and dtype of `like`.
Tensor FromRows(const Tensor& rows, const Tensor& like, int axis);

/// Rows that one thread handles at a time, for about `kElementGrain` elements; depends on `cols`
/// alone, so that results do not depend on threads.
int64_t RowGrain(int64_t cols);

/// Calls `body(row)` for rows 0..rows-1 of `cols` elements, a grain of rows on a thread at a time.
template <typename Body>
void ForEachRow(int64_t rows, int64_t cols, Body body) {
  ParallelFor(rows, RowGrain(cols), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row);
  });
}

}  // namespace prova

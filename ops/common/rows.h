#pragma once

#include "base/parallel_for.h"
#include "ops/common/kernel_table.h"
#include "tensor/tensor.h"

namespace prova {

/// Operations along one axis see rows: any axis collapses to a matrix here, once.

/// x as a contiguous matrix [rows, cols] in the dtype of a kernel, each row running along `axis`
/// (counted from the front).
Tensor ToRows(const Tensor& x, int axis, DType dtype);

/// The inverse: a matrix made by a kernel in the shape and dtype of `like`.
Tensor FromRows(const Tensor& rows, const Tensor& like, int axis);

/// Calls `body(row)` for rows 0..rows-1 of `cols` elements, a grain of rows on a thread at a time.
template <typename Body>
void ForEachRow(int64_t rows, int64_t cols, Body body) {
  ParallelFor(rows, ElementGrain(cols), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row);
  });
}

/// y = f(x), row by row.
struct RowsArgs {
  DType dtype;
  const void* x;  // [rows, cols]
  void* y;        // [rows, cols]
  int64_t rows;
  int64_t cols;
};
using RowsFn = void (*)(const RowsArgs&);

/// dx = f(dy, y), row by row: a gradient that needs only the result.
struct RowsBackwardArgs {
  DType dtype;
  const void* dy;  // [rows, cols]
  const void* y;   // [rows, cols]
  void* dx;        // [rows, cols]
  int64_t rows;
  int64_t cols;
};
using RowsBackwardFn = void (*)(const RowsBackwardArgs&);

namespace internal {

/// Calls `f(x, y, cols)` or `f(dy, y, dx, cols)` with typed pointers to the row.
template <typename T, typename Formula>
void ApplyToRow(const RowsArgs& args, int64_t row, Formula f) {
  const int64_t at = row * args.cols;
  f(static_cast<const T*>(args.x) + at, static_cast<T*>(args.y) + at, args.cols);
}
template <typename T, typename Formula>
void ApplyToRow(const RowsBackwardArgs& args, int64_t row, Formula f) {
  const int64_t at = row * args.cols;
  f(static_cast<const T*>(args.dy) + at, static_cast<const T*>(args.y) + at,
    static_cast<T*>(args.dx) + at, args.cols);
}

}  // namespace internal

/// The loop of vector kernels: `f` of every row, in parallel.
template <typename Args, typename Formula>
void MapRowsInParallel(const Args& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    ForEachRow(args.rows, args.cols, [&](int64_t row) { internal::ApplyToRow<T>(args, row, f); });
  });
}

namespace reference {

/// The readable loop: `f` of one row after another.
template <typename Args, typename Formula>
void MapRows(const Args& args, Formula f) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    for (int64_t row = 0; row < args.rows; ++row) internal::ApplyToRow<T>(args, row, f);
  });
}

}  // namespace reference
}  // namespace prova

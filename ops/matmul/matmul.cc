#include "ops/matmul/matmul.h"

#include "autograd/movement.h"
#include "base/text.h"
#include "ops/common/pointwise.h"
#include "ops/common/tensor_cores.h"
#include "ops/common/workspace.h"
#include "ops/matmul/matmul_kernels.h"
#include "tensor/one_device.h"

namespace prova {
namespace {

void Require(const Tensor& a, const Tensor& b) {
  RequireNumeric("matmul", a);
  RequireNumeric("matmul", b);
  if (a.rank() == 0 || b.rank() == 0) {
    Fail(ErrorCode::kShape, {.where = "matmul",
                             .given = Cat("shapes ", a.shape(), " and ", b.shape()),
                             .need = "at least one axis each",
                             .hint = "scale with mul(a, b)"});
  }
  const int64_t columns = a.size(-1), rows = b.size(b.rank() == 1 ? 0 : -2);
  if (columns != rows) {
    Fail(ErrorCode::kShape, {.where = "matmul",
                             .given = Cat("shapes ", a.shape(), " and ", b.shape(), " pair ",
                                          columns, " columns with ", rows, " rows"),
                             .need = "equal numbers"});
  }
}

/// A 1-D a as one row, a 1-D b as one column.
Shape AsRows(const Shape& a) { return a.rank() == 1 ? Shape{1, a[0]} : a; }
Shape AsColumns(const Shape& b) { return b.rank() == 1 ? Shape{b[0], 1} : b; }

/// Of shapes or strides: all axes but the two of the matrices.
Dims Leading(const Dims& dims) {
  return Dims(std::span<const int64_t>(dims.begin(), dims.end() - 2));
}

Shape Matrices(const Shape& leading, int64_t rows, int64_t cols) {
  Shape shape = leading;
  shape.push_back(rows);
  shape.push_back(cols);
  return shape;
}

/// The shape of the result before axes that a 1-D operand does without are dropped.
Shape FullShape(const Shape& a, const Shape& b) {
  if (a.rank() == 2 && b.rank() == 2) return {a[0], b[1]};
  const Shape rows = AsRows(a), columns = AsColumns(b);
  return Matrices(BroadcastShapes(Leading(rows), Leading(columns), "matmul"), rows[rows.rank() - 2],
                  columns.back());
}

// #region forward
/// a: [..., m, k], b: [..., k, n], of one dtype.
Tensor Multiply(const Tensor& a, const Tensor& b) {
  const int64_t m = a.size(-2), k = a.shape().back(), n = b.shape().back();
  const DType dtype = a.dtype(), wide = ComputeType(dtype);
  const bool on_cores =
      a.numel() > 0 && b.numel() > 0 && AreForTensorCores(dtype, a.device(), m, k, n);
  const bool on_gpu = a.device().kind == DeviceKind::kCuda;
  // GPUs take 16 bits as they are where tensor cores or kernels for vectors multiply.
  const bool is_taken = dtype == wide || on_cores || (on_gpu && (m == 1 || n == 1));
  if (!is_taken) return Cast(Multiply(Cast(a, wide), Cast(b, wide)), dtype);
  const Shape shape = FullShape(a.shape(), b.shape());
  if (b.rank() == 2 && a.rank() > 2) {
    // One matrix b for a batch of a: the batch is more rows of a, where strides can say so.
    const Shape tall = {NumElements(Leading(a.shape())) * m, k};
    if (view::ViewStrides(a, tall)) {
      return view::Reshape(Multiply(view::Reshape(a, tall), b), shape);
    }
  }
  if (m == 1 && !a.is_contiguous()) return Multiply(Contiguous(a), b);
  if (n == 1 && !b.is_contiguous()) return Multiply(a, Contiguous(b));
  const Tensor left = on_cores ? ForTensorCores(a, -1) : a;
  const Tensor right = on_cores ? ForTensorCores(b, -2) : b;
  const Tensor y = empty(shape, {.dtype = dtype, .device = a.device()});
  const Shape batch = Leading(shape);
  MatmulArgs args;  // not in braces, which would first clear all of it, in a small product's way
  args.dtype = dtype;
  args.a = left.raw_data();
  args.b = right.raw_data();
  args.y = y.raw_mutable_data();
  args.m = m, args.n = n, args.k = k;
  args.a_row = left.strides()[a.rank() - 2], args.a_col = left.strides().back();
  args.b_row = right.strides()[b.rank() - 2], args.b_col = right.strides().back();
  args.batches = NumElements(batch);
  args.on_cores = on_cores;
  if (!batch.empty()) {
    const Strides a_batch = Leading(view::Expand(left, Matrices(batch, m, k)).strides());
    const Strides b_batch = Leading(view::Expand(right, Matrices(batch, k, n)).strides());
    args.batch = Collapse(batch, {&a_batch, &b_batch});
  }
  const auto multiply = Choose("matmul", kMatmulKernels, dtype, a.device());
  const int64_t bytes = on_gpu ? cuda::MatmulWorkspace(args) : simd::MatmulWorkspace(args);
  RunWithWorkspace(bytes, a.device(), multiply, args);
  return y;
}

Tensor Forward(const Tensor& a, const Tensor& b) {
  const DType dtype = promote_types(a.dtype(), b.dtype());
  if (a.dtype() == b.dtype() && a.rank() > 1 && b.rank() > 1) return Multiply(a, b);
  const Tensor rows = Cast(a, dtype), columns = Cast(b, dtype);
  Tensor y = Multiply(view::Reshape(rows, AsRows(a.shape())),
                      view::Reshape(columns, AsColumns(b.shape())));
  if (b.rank() == 1) y = view::Squeeze(y, {-1});
  if (a.rank() == 1) y = view::Squeeze(y, {b.rank() == 1 ? -1 : -2});
  return y;
}
// #endregion forward

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  Require(a, b);
  RequireOneDevice("matmul", {a, b});
  return Record(
      "matmul", {a, b}, Forward(a, b), [](const Tensor& dy, const Saved& saved) -> Tensors {
        const Tensor &a = saved.input(0), &b = saved.input(1);
        const GradientPair dx = matmul_backward(dy, a, b, {saved.needs(0), saved.needs(1)});
        return {CastTo(a, dx.a), CastTo(b, dx.b)};
      });
}

// #region gradient
GradientPair matmul_backward(const Tensor& dy, const Tensor& a, const Tensor& b, PairMask wanted) {
  Require(a, b);
  Tensor rows = reshape(a, AsRows(a.shape()));
  const Tensor columns = reshape(b, AsColumns(b.shape()));
  Tensor d = reshape(dy, FullShape(a.shape(), b.shape()));
  GradientPair dx;
  if (wanted.a) {
    const Tensor da = matmul(d, transpose(columns, -1, -2));
    dx.a = reshape(sum_to(da, rows.shape()), a.shape());
  }
  if (wanted.b) {
    // One matrix b for a batch of a: summing over the batch is summing over more rows.
    if (columns.rank() == 2) {
      rows = reshape(rows, {NumElements(Leading(rows.shape())) * rows.size(-2), rows.size(-1)});
      d = reshape(d, {rows.size(0), d.size(-1)});
    }
    const Tensor db = matmul(transpose(rows, -1, -2), d);
    dx.b = reshape(sum_to(db, columns.shape()), b.shape());
  }
  return dx;
}
// #endregion gradient

}  // namespace prova

#pragma once

#include "ops/common/kernel_table.h"
#include "tensor/tensor.h"

namespace prova {

/// How reductions shape their result; the fields are the same for every one of them.
struct ReduceOptions {
  bool keepdims = false;  ///< keep reduced axes with size 1
};

/// Reductions see one axis between an outer and an inner part: any set of axes collapses here,
/// once. Kernels have two loops, along memory (inner == 1) and across it.

/// y[o, i] = the reduction of x[o, 0..axis-1, i].
struct ReduceArgs {
  DType dtype;
  const void* x;   // [outer, axis, inner]
  void* y;         // [outer, inner]
  void* partials;  // [outer, pieces, inner] in ComputeType(dtype), or null where one piece does
  int64_t outer;
  int64_t axis;
  int64_t inner;
  int64_t piece;  ///< what one task reduces of an axis, so that one long axis keeps threads busy
};
using ReduceFn = void (*)(const ReduceArgs&);

/// A set of axes of a shape, collapsed.
struct ReducedAxes {
  Shape shape;   ///< of the operand
  Dims axes;     ///< sorted, counted from the front
  Shape kept;    ///< of the result with reduced axes of size 1
  Shape result;  ///< of the result as the options want it
  Dims order;    ///< of the operand's axes as outer, axis, inner; rises where no copy is needed
  int64_t outer = 1;
  int64_t axis = 1;
  int64_t inner = 1;
};

/// Collapses `axes` (none: all). Neighbours, also across axes of size 1, reduce where they lie;
/// others are moved to the end. Errors: kIndex for an axis, kValue for one named twice.
ReducedAxes CollapseAxes(const char* op, const Shape& shape, const Dims& axes,
                         const ReduceOptions& options = {});

/// x as a contiguous [outer, axis, inner] in the dtype of a kernel.
Tensor ToOuterAxisInner(const Tensor& x, const ReducedAxes& along, DType dtype);

/// The inverse: such a tensor made by a kernel, in the operand's shape and in `dtype`.
Tensor FromOuterAxisInner(const Tensor& rows, const ReducedAxes& along, DType dtype);

/// The piece of an axis that one task reduces. Depends on sizes alone: so do the bits of results.
int64_t ReducePiece(const ReducedAxes& along);

/// Errors: kShape unless dy has the shape of such a reduction's result, its axes kept or not.
void RequireReduced(const char* op, const Tensor& dy, const ReducedAxes& along);

/// The reduction of x by `kernel`, in `dtype`. The kernel is associative: over axes that lie apart
/// it reduces its own results.
Tensor RunReduction(const ChosenKernel<ReduceArgs>& kernel, const Tensor& x,
                    const ReducedAxes& along, DType dtype);

/// The same by a kernel of the table. Errors: kDType unless the table knows x's dtype.
template <size_t size>
Tensor Reduce(const char* op, const KernelEntry<ReduceFn> (&kernels)[size], const Tensor& x,
              const ReducedAxes& along) {
  return RunReduction(Choose(op, kernels, x.dtype(), x.device()), x, along, x.dtype());
}

}  // namespace prova

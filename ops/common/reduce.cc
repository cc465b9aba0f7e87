#include "ops/common/reduce.h"

#include <algorithm>
#include <cstddef>

#include "base/parallel_for.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

/// Fewer rows than this are not worth a partial result.
constexpr int64_t kLeastPiece = 16;
/// More partial results than this only cost memory traffic.
constexpr int64_t kMostPieces = 64;

/// Blocks that keep a GPU busy, several for each of its multiprocessors; what one of them should
/// read at least; and the columns that it reads side by side.
constexpr int64_t kGpuBlocks = 1024, kGpuBlockElements = 4096, kGpuBlockColumns = 128;

/// Partial results of this many bytes lie on the stack: a tensor of them costs as much as a small
/// reduction.
constexpr int64_t kFewBytes = 1024;

bool Rises(const Dims& order) { return std::is_sorted(order.begin(), order.end()); }

/// What a kernel sees as [outer, axis, inner], in the operand's axes.
Tensor InOrder(const Tensor& x, const ReducedAxes& along, DType dtype) {
  if (!Rises(along.order)) return ForKernel(view::Permute(x, along.order), dtype);
  return IsForKernel(x, dtype) ? x : ForKernel(x, dtype);
}

}  // namespace

ReducedAxes CollapseAxes(const char* op, const Shape& shape, const Dims& axes,
                         const ReduceOptions& options) {
  ReducedAxes along{.shape = shape, .axes = NormalizeAxes(axes, shape, op), .kept = shape};
  bool reduced[kMaxRank] = {};
  for (int64_t axis : along.axes) reduced[axis] = true;

  // The reduced axes that have more than one element lie between `first` and `last`.
  int first = shape.rank(), last = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (!reduced[i]) {
      along.result.push_back(shape[i]);
      continue;
    }
    along.kept[i] = 1;
    if (shape[i] == 1) continue;
    first = std::min(first, i);
    last = i;
  }
  if (options.keepdims) along.result = along.kept;
  bool adjacent = true;
  for (int i = first; i <= last; ++i) adjacent = adjacent && (reduced[i] || shape[i] == 1);

  for (int i = 0; i < shape.rank(); ++i) {
    if (adjacent || !reduced[i]) along.order.push_back(i);
    if (reduced[i]) {
      along.axis *= shape[i];
    } else if (adjacent && i > first) {
      along.inner *= shape[i];
    } else {
      along.outer *= shape[i];
    }
  }
  if (!adjacent) {
    for (int64_t axis : along.axes) along.order.push_back(axis);
  }
  return along;
}

Tensor ToOuterAxisInner(const Tensor& x, const ReducedAxes& along, DType dtype) {
  return view::Reshape(InOrder(x, along, dtype), {along.outer, along.axis, along.inner});
}

Tensor FromOuterAxisInner(const Tensor& rows, const ReducedAxes& along, DType dtype) {
  const int rank = along.shape.rank();
  Shape moved = along.shape;
  Dims inverse = along.order;
  for (int i = 0; i < rank; ++i) {
    moved[i] = along.shape[static_cast<int>(along.order[i])];
    inverse[static_cast<int>(along.order[i])] = i;
  }
  const Tensor y = view::Reshape(Cast(rows, dtype), moved);
  return Rises(along.order) ? y : Contiguous(view::Permute(y, inverse));
}

int64_t ReducePiece(const ReducedAxes& along) {
  // Many results are tasks enough; else a piece is what one task reads.
  if (along.outer * along.inner >= kElementGrain) return std::max<int64_t>(along.axis, 1);
  const int64_t piece =
      std::max({kLeastPiece, ElementGrain(along.inner), along.axis / kMostPieces});
  return std::max<int64_t>(std::min(piece, along.axis), 1);
}

void RequireReduced(const char* op, const Tensor& dy, const ReducedAxes& along) {
  Shape dropped;
  for (int i = 0; i < along.shape.rank(); ++i) {
    if (!std::count(along.axes.begin(), along.axes.end(), i)) dropped.push_back(along.shape[i]);
  }
  if (dy.shape() == dropped || dy.shape() == along.kept) return;
  Fail(ErrorCode::kShape, {.where = op,
                           .given = Cat("a gradient of shape ", dy.shape(), " for shape ",
                                        along.shape, " reduced over axes ", along.axes),
                           .need = Cat(dropped, " or ", along.kept)});
}

namespace {

/// The reduced axes at the end of a shape, and the others.
struct SplitAxes {
  Dims last, rest;
  int64_t elements = 1;  // of the last ones together
};
SplitAxes SplitLast(const ReducedAxes& along) {
  SplitAxes split;
  int next = along.shape.rank() - 1;
  for (int i = along.axes.rank() - 1; i >= 0; --i) {
    const bool joins = along.axes[i] == next;
    (joins ? split.last : split.rest).push_back(along.axes[i]);
    if (joins) split.elements *= along.shape[next--];
  }
  return split;
}

/// The piece of an axis that one block of a GPU reduces at least.
int64_t GpuPiece(const ReducedAxes& along) {
  const int64_t columns = std::clamp<int64_t>(along.inner, 1, kGpuBlockColumns);
  const int64_t blocks = std::max<int64_t>(along.outer * along.inner / columns, 1);
  const int64_t most_pieces = std::max<int64_t>(kGpuBlocks / blocks, 1);
  const int64_t piece = std::max(kGpuBlockElements / columns, along.axis / most_pieces + 1);
  // Pieces start where packs may be moved.
  return std::clamp<int64_t>((piece + 15) / 16 * 16, 1, std::max<int64_t>(along.axis, 1));
}

}  // namespace

Tensor RunReduction(const ChosenKernel<ReduceArgs>& kernel, const Tensor& x,
                    const ReducedAxes& along, DType dtype) {
  if (!Rises(along.order) && kernel.dtype == ComputeType(kernel.dtype)) {
    // Axes that lie apart: those at the end first, where they lie, then the rest of what is left,
    // which must not be rounded to 16 bits.
    if (const SplitAxes split = SplitLast(along); split.elements >= kLeastPiece) {
      const ReducedAxes last = CollapseAxes("reduce", along.shape, split.last, {.keepdims = true});
      const Tensor left = RunReduction(kernel, x, last, kernel.dtype);
      const ReducedAxes rest = CollapseAxes("reduce", left.shape(), split.rest);
      return view::Reshape(RunReduction(kernel, left, rest, dtype), along.result);
    }
  }
  const Tensor in = InOrder(x, along, kernel.dtype);
  Tensor y = empty(along.result, {.dtype = in.dtype(), .device = in.device()});
  const bool on_gpu = in.device().kind == DeviceKind::kCuda;
  const int64_t piece = on_gpu ? GpuPiece(along) : ReducePiece(along);
  const int64_t pieces = CountChunks(along.axis, piece);
  const DType wide = ComputeType(in.dtype());
  alignas(64) std::byte few[kFewBytes];
  Tensor many;
  void* partials = pieces > 1 ? few : nullptr;
  if (pieces > 1 && (on_gpu || along.outer * pieces * along.inner * ItemSize(wide) > kFewBytes)) {
    many = empty({along.outer, pieces, along.inner}, {.dtype = wide, .device = in.device()});
    partials = many.raw_mutable_data();
  }
  kernel({in.dtype(), in.raw_data(), y.raw_mutable_data(), partials, along.outer, along.axis,
          along.inner, piece});
  if (y.dtype() == dtype) return y;
  return Cast(y, dtype);
}

}  // namespace prova

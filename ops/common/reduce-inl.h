// Vector loops of reductions; included once a Highway target, after foreach_target.h.

#if defined(PROVA_OPS_COMMON_REDUCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVA_OPS_COMMON_REDUCE_INL_H_
#undef PROVA_OPS_COMMON_REDUCE_INL_H_
#else
#define PROVA_OPS_COMMON_REDUCE_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"

#include "base/parallel_for.h"
#include "ops/common/reduce.h"
#include "tensor/strided.h"

#include "base/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// An `Op` has, as static members of a template over T: `kIdentity`, and `Combine` of two numbers
/// and of two vectors. Both loops combine leaves of fixed size in a binary tree whose open
/// subtrees lie on a stack; its depth is the logarithm of the number of leaves.
constexpr int kReduceLevels = 40;
constexpr int64_t kReduceLeafVectors = 32;
constexpr int64_t kReduceLeafRows = 16;
constexpr int64_t kReduceTile = 128;  // columns

/// The reduction of n neighbours.
template <class Op, typename T>
T ReduceRow(const T* x, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d), leaf = kReduceLeafVectors * lanes;
  HWY_ALIGN T stack[kReduceLevels * hn::MaxLanes(d)];
  int depth = 0;
  int64_t i = 0;

  // Reduce each leaf in four chains; join subtrees of equal size.
  for (int64_t leaves = 0; i + leaf <= n; i += leaf, ++leaves) {
    auto a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + lanes);
    auto c = hn::LoadU(d, x + i + 2 * lanes), e = hn::LoadU(d, x + i + 3 * lanes);
    for (int64_t j = i + 4 * lanes; j < i + leaf; j += 4 * lanes) {
      a = Op::Combine(d, a, hn::LoadU(d, x + j));
      b = Op::Combine(d, b, hn::LoadU(d, x + j + lanes));
      c = Op::Combine(d, c, hn::LoadU(d, x + j + 2 * lanes));
      e = Op::Combine(d, e, hn::LoadU(d, x + j + 3 * lanes));
    }
    a = Op::Combine(d, Op::Combine(d, a, b), Op::Combine(d, c, e));
    for (int64_t bits = leaves; bits & 1; bits >>= 1) {
      a = Op::Combine(d, hn::Load(d, stack + --depth * lanes), a);
    }
    hn::Store(a, d, stack + depth++ * lanes);
  }

  // Add the last, incomplete leaf.
  auto total = hn::Set(d, Op::template kIdentity<T>);
  for (; i + lanes <= n; i += lanes) total = Op::Combine(d, total, hn::LoadU(d, x + i));
  if (i < n) {
    total = Op::Combine(d, total, LoadPartial(d, x + i, n - i, Op::template kIdentity<T>));
  }

  // Join the open subtrees, then the lanes in halves.
  while (depth > 0) total = Op::Combine(d, hn::Load(d, stack + --depth * lanes), total);
  hn::Store(total, d, stack);
  for (int64_t width = lanes / 2; width > 0; width /= 2) {
    for (int64_t j = 0; j < width; ++j) stack[j] = Op::Combine(stack[j], stack[j + width]);
  }
  return stack[0];
}

/// into[c] = the reduction of x[0..rows-1][c]; rows > 0. A last vector that overlaps its neighbour
/// reduces those columns again, to the same bits.
template <class Op, typename T>
void ReduceLeafRows(const T* x, int64_t rows, int64_t stride, int64_t columns, T* into) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  if (columns < lanes) {
    for (int64_t c = 0; c < columns; ++c) {
      into[c] = x[c];
      for (int64_t row = 1; row < rows; ++row) into[c] = Op::Combine(into[c], x[row * stride + c]);
    }
    return;
  }
  for (int64_t next = 0; next < columns; next += lanes) {
    const int64_t c = std::min(next, columns - lanes);
    auto total = hn::LoadU(d, x + c);
    for (int64_t row = 1; row < rows; ++row) {
      total = Op::Combine(d, total, hn::LoadU(d, x + row * stride + c));
    }
    hn::StoreU(total, d, into + c);
  }
}

/// into[c] = Combine(into[c], from[c]).
template <class Op, typename T>
void CombineColumns(const T* from, int64_t columns, T* into) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  int64_t c = 0;
  for (; c + lanes <= columns; c += lanes) {
    hn::StoreU(Op::Combine(d, hn::LoadU(d, into + c), hn::LoadU(d, from + c)), d, into + c);
  }
  for (; c < columns; ++c) into[c] = Op::Combine(into[c], from[c]);
}

/// y[c] = finish(the reduction of x[0..rows-1][c]) for up to `kReduceTile` columns.
template <class Op, typename T, typename Finish>
void ReduceColumns(const T* x, int64_t rows, int64_t stride, int64_t columns, T* y, Finish finish) {
  HWY_ALIGN T stack[kReduceLevels * kReduceTile];
  int depth = 0;
  int64_t leaves = 0;
  for (int64_t row = 0; row < rows; row += kReduceLeafRows, ++leaves) {
    const int64_t count = std::min(kReduceLeafRows, rows - row);
    ReduceLeafRows<Op>(x + row * stride, count, stride, columns, stack + depth++ * kReduceTile);
    for (int64_t bits = leaves; bits & 1; bits >>= 1) {
      --depth;
      CombineColumns<Op>(stack + depth * kReduceTile, columns, stack + (depth - 1) * kReduceTile);
    }
  }
  for (; depth > 1; --depth) {
    CombineColumns<Op>(stack + (depth - 1) * kReduceTile, columns,
                       stack + (depth - 2) * kReduceTile);
  }
  for (int64_t c = 0; c < columns; ++c) {
    y[c] = finish(rows > 0 ? stack[c] : Op::template kIdentity<T>);
  }
}

/// y[o, p, i] = finish(the reduction of piece p of x[o, :, i]), in parallel.
template <class Op, typename T, typename Finish>
void ReducePieces(const T* x, T* y, int64_t outer, int64_t axis, int64_t inner, int64_t piece,
                  Finish finish) {
  const int64_t pieces = std::max<int64_t>((axis + piece - 1) / piece, 1);
  const int64_t tiles = (inner + kReduceTile - 1) / kReduceTile;
  const int64_t grain = ElementGrain(piece * std::min(std::max<int64_t>(inner, 1), kReduceTile));
  ParallelFor(outer * pieces * tiles, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t tile = task % tiles, at = task / tiles, p = at % pieces, o = at / pieces;
      const int64_t first = p * piece, rows = std::min(piece, axis - first);
      const T* from = x + (o * axis + first) * inner + tile * kReduceTile;
      T* to = y + at * inner + tile * kReduceTile;
      if (inner == 1) {
        *to = finish(ReduceRow<Op>(from, rows));
      } else {
        ReduceColumns<Op>(from, rows, inner, std::min(kReduceTile, inner - tile * kReduceTile), to,
                          finish);
      }
    }
  });
}

/// The whole reduction: pieces into partial results, those into y.
template <typename T, class Op, typename Finish>
void ReduceAll(const ReduceArgs& args, Op, Finish finish) {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  T* partials = static_cast<T*>(args.partials);
  if (partials == nullptr) {
    ReducePieces<Op>(x, y, args.outer, args.axis, args.inner, args.piece, finish);
    return;
  }
  const int64_t pieces = (args.axis + args.piece - 1) / args.piece;
  ReducePieces<Op>(x, partials, args.outer, args.axis, args.inner, args.piece,
                   [](T total) { return total; });
  ReducePieces<Op>(partials, y, args.outer, pieces, args.inner, pieces, finish);
}

/// Sums, for `sum` and `mean`. Integers wrap.
struct SumOp {
  template <typename T>
  static constexpr T kIdentity = 0;
  template <typename T>
  static T Combine(T a, T b) {
    using W = WrappingType<T>;
    return static_cast<T>(W(a) + W(b));
  }
  template <class D>
  static hn::Vec<D> Combine(D, hn::Vec<D> a, hn::Vec<D> b) {
    return hn::Add(a, b);
  }
};

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target

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
#include "base/vectors-inl.h"
#include "ops/common/reduce.h"
#include "tensor/strided.h"

#include "ops/common/rows_together-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// An `Op` has, as static members of a template over T: `kIdentity`, `Combine` of two numbers and
/// of two vectors and, where there is a faster way that may fail, `TryRow`. Both loops combine
/// leaves of fixed size in a binary tree whose open subtrees lie on a stack; its depth is the
/// logarithm of the number of leaves.
constexpr int kReduceLevels = 40;
constexpr int64_t kReduceLeafVectors = 32;
constexpr int64_t kReduceLeafRows = 16;
/// Columns whose running results stay in the first-level cache beside what is read: 4 KiB.
template <typename T>
constexpr int64_t kReduceTile = 4096 / sizeof(T);

/// The lanes of v combined in halves.
template <class Op, class D, typename T = hn::TFromD<D>>
HWY_INLINE T CombineLanes(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) * sizeof(T) > 16) {
    const hn::Half<D> half;
    return CombineLanes<Op>(half,
                            Op::Combine(half, hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else if constexpr (sizeof(T) == 8) {
    return hn::GetLane(Op::Combine(d, v, hn::Shuffle01(v)));
  } else if constexpr (sizeof(T) == 4) {
    v = Op::Combine(d, v, hn::Shuffle1032(v));
    return hn::GetLane(Op::Combine(d, v, hn::Shuffle2301(v)));
  } else {
    HWY_ALIGN T lanes[hn::MaxLanes(D())];
    hn::Store(v, d, lanes);
    for (int64_t width = hn::Lanes(d) / 2; width > 0; width /= 2) {
      for (int64_t j = 0; j < width; ++j) lanes[j] = Op::Combine(lanes[j], lanes[j + width]);
    }
    return lanes[0];
  }
}

/// The reduction of a leaf, lane by lane, in four chains.
template <class Op, class D>
HWY_INLINE hn::Vec<D> CombineLeaf(D d, const hn::TFromD<D>* x) {
  const int64_t lanes = hn::Lanes(d);
  hn::Vec<D> v[4];
  for (auto& total : v) total = hn::Set(d, Op::template kIdentity<hn::TFromD<D>>);
  for (int64_t i = 0; i < kReduceLeafVectors * lanes; i += 4 * lanes) {
    HWY_UNROLL(4)
    for (int k = 0; k < 4; ++k) v[k] = Op::Combine(d, v[k], LoadAhead(d, x + i + k * lanes));
  }
  return Op::Combine(d, Op::Combine(d, v[0], v[1]), Op::Combine(d, v[2], v[3]));
}

/// The reduction of n neighbours.
template <class Op, typename T>
T ReduceRow(const T* x, int64_t n) {
  const hn::ScalableTag<T> d;
  if constexpr (requires(T & y) { Op::TryRow(d, x, n, y); }) {
    if (T y; Op::TryRow(d, x, n, y)) return y;
  }
  const int64_t lanes = hn::Lanes(d), leaf = kReduceLeafVectors * lanes;
  HWY_ALIGN T stack[kReduceLevels * hn::MaxLanes(d)];
  int depth = 0;
  int64_t i = 0;

  // Reduce each leaf; join subtrees of equal size.
  for (int64_t leaves = 0; i + leaf <= n; i += leaf, ++leaves) {
    auto total = CombineLeaf<Op>(d, x + i);
    for (int64_t bits = leaves; bits & 1; bits >>= 1) {
      total = Op::Combine(d, hn::Load(d, stack + --depth * lanes), total);
    }
    hn::Store(total, d, stack + depth++ * lanes);
  }

  // Add the last, incomplete leaf.
  auto total = hn::Set(d, Op::template kIdentity<T>);
  for (; i + lanes <= n; i += lanes) total = Op::Combine(d, total, LoadAhead(d, x + i));
  if (i < n) {
    total = Op::Combine(d, total, LoadPartial(d, x + i, n - i, Op::template kIdentity<T>));
  }

  // Join the open subtrees, then the lanes in halves.
  while (depth > 0) total = Op::Combine(d, hn::Load(d, stack + --depth * lanes), total);
  return CombineLanes<Op>(d, total);
}

/// y[r] = finish(the reduction of row r), for some rows of n neighbours, fewer than a leaf.
template <class Op, int rows, typename T, typename Finish>
void ReduceShortRows(const T* x, int64_t n, T* y, Finish finish) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> totals[kTogether<T>];
  const auto combine = [](auto a, auto b) { return Op::Combine(hn::DFromV<decltype(a)>(), a, b); };
  CombineVectors<rows>(d, x, n, Op::template kIdentity<T>, combine, totals);
  HWY_ALIGN T results[kTogether<T>];
  hn::Store(JoinLanes(d, totals, combine), hn::Full128<T>(), results);
  for (int r = 0; r < rows; ++r) y[r] = finish(results[r]);
}

/// y[r] = finish(the reduction of row r), of rows of n neighbours, in parallel. What is done with a
/// row depends on its length alone.
template <class Op, typename T, typename Finish>
void ReduceRows(const T* x, int64_t rows, int64_t n, T* y, Finish finish) {
  const int64_t leaf = kReduceLeafVectors * hn::Lanes(hn::ScalableTag<T>());
  const auto reduce = [&](int64_t begin, int64_t end) {
    if constexpr (sizeof(T) >= 4) {  // fewer bytes are not interleaved
      if (n < leaf) {
        return ForEachTogether<T>(begin, end, [&](auto together, int64_t r) {
          ReduceShortRows<Op, together()>(x + r * n, n, y + r, finish);
        });
      }
    }
    for (int64_t r = begin; r < end; ++r) y[r] = finish(ReduceRow<Op>(x + r * n, n));
  };
  if (rows == 1) return reduce(0, 1);
  ParallelFor(rows, ElementGrain(n), reduce);
}

/// into[c] = Combine(…Combine(into[c], x[0][c])…, x[rows-1][c]), as memory lies: four rows a walk.
template <class Op, typename T>
void CombineRows(const T* x, int64_t rows, int64_t stride, int64_t columns, T* into) {
  const hn::ScalableTag<T> d;
  const auto walk = [&](const T* from, auto count) {
    ForEachVector(
        d, columns,
        [&](int64_t c) {
          auto total = hn::LoadU(d, into + c);
          for (int64_t row = 0; row < count; ++row) {
            total = Op::Combine(d, total, LoadAhead(d, from + row * stride + c));
          }
          hn::StoreU(total, d, into + c);
        },
        [&](int64_t c, int64_t rest) {
          auto total = LoadPartial(d, into + c, rest, T(0));
          for (int64_t row = 0; row < count; ++row) {
            total = Op::Combine(d, total, LoadPartial(d, from + row * stride + c, rest, T(0)));
          }
          StorePartial(total, d, into + c, rest);
        });
  };
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) walk(x + row * stride, std::integral_constant<int64_t, 4>());
  for (; row < rows; ++row) walk(x + row * stride, std::integral_constant<int64_t, 1>());
}

/// into[c] = Combine(…Combine(x[0][c], x[1][c])…, x[rows-1][c]), the running results of four
/// vectors of columns in registers.
template <class Op, typename T>
void CombineLeafRows(const T* x, int64_t rows, int64_t stride, int64_t columns, T* into) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  int64_t c = 0;
  for (; c + 4 * lanes <= columns; c += 4 * lanes) {
    hn::Vec<decltype(d)> v[4];
    HWY_UNROLL(4)
    for (int k = 0; k < 4; ++k) v[k] = LoadAhead(d, x + c + k * lanes);
    for (int64_t row = 1; row < rows; ++row) {
      const T* from = x + row * stride + c;
      HWY_UNROLL(4)
      for (int k = 0; k < 4; ++k) v[k] = Op::Combine(d, v[k], LoadAhead(d, from + k * lanes));
    }
    HWY_UNROLL(4)
    for (int k = 0; k < 4; ++k) hn::StoreU(v[k], d, into + c + k * lanes);
  }
  if (c == columns) return;
  std::copy_n(x + c, columns - c, into + c);
  CombineRows<Op>(x + stride + c, rows - 1, stride, columns - c, into + c);
}

/// y[c] = finish(the reduction of x[0..rows-1][c]) for up to `kReduceTile` columns.
template <class Op, typename T, typename Finish>
void ReduceColumns(const T* x, int64_t rows, int64_t stride, int64_t columns, T* y, Finish finish) {
  constexpr int64_t kTile = kReduceTile<T>;
  HWY_ALIGN T stack[kReduceLevels * kTile];
  int depth = 0;
  int64_t leaves = 0;
  for (int64_t row = 0; row < rows; row += kReduceLeafRows, ++leaves) {
    T* leaf = stack + depth++ * kTile;
    CombineLeafRows<Op>(x + row * stride, std::min(kReduceLeafRows, rows - row), stride, columns,
                        leaf);
    for (int64_t bits = leaves; bits & 1; bits >>= 1) {
      --depth;
      CombineRows<Op>(stack + depth * kTile, 1, 0, columns, stack + (depth - 1) * kTile);
    }
  }
  for (; depth > 1; --depth) {
    CombineRows<Op>(stack + (depth - 1) * kTile, 1, 0, columns, stack + (depth - 2) * kTile);
  }
  for (int64_t c = 0; c < columns; ++c) {
    y[c] = finish(rows > 0 ? stack[c] : Op::template kIdentity<T>);
  }
}

/// y[o, p, i] = finish(the reduction of piece p of x[o, :, i]), in parallel.
template <class Op, typename T, typename Finish>
void ReducePieces(const T* x, T* y, int64_t outer, int64_t axis, int64_t inner, int64_t piece,
                  Finish finish) {
  constexpr int64_t kTile = kReduceTile<T>;
  const int64_t pieces = std::max<int64_t>(CountChunks(axis, piece), 1);
  if (inner == 1 && pieces == 1) return ReduceRows<Op>(x, outer, axis, y, finish);
  const int64_t tiles = (inner + kTile - 1) / kTile;
  const int64_t grain = ElementGrain(piece * std::min(inner, kTile));
  ParallelFor(outer * pieces * tiles, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t tile = task % tiles, at = task / tiles, p = at % pieces, o = at / pieces;
      const int64_t first = p * piece, rows = std::min(piece, axis - first);
      const T* from = x + (o * axis + first) * inner + tile * kTile;
      T* to = y + at * inner + tile * kTile;
      if (inner == 1) {
        *to = finish(ReduceRow<Op>(from, rows));
      } else {
        ReduceColumns<Op>(from, rows, inner, std::min(kTile, inner - tile * kTile), to, finish);
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
  const int64_t pieces = CountChunks(args.axis, args.piece);
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

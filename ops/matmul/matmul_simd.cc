#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/matmul_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/matmul/matmul_kernels.h"

#include "ops/common/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region vector
/// y[j] = <a, row j of b transposed>, where those rows are contiguous (b.row = 1).
template <typename T>
void MultiplyByRows(int64_t begin, int64_t end, int64_t depth, const T* a, Strided<const T> b,
                    T* y) {
  for (int64_t j = begin; j < end; ++j) y[j] = DotProduct(a, b.at(0, j), depth);
}

/// y[j] = sum_k a[k] b[k, j] for a few vectors of contiguous columns, or for the first `count`
/// columns of one: they stay in registers while the rows of b pass by.
template <int vectors, typename T>
void SumColumns(int64_t depth, const T* a, Strided<const T> b, int64_t count, T* y) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> total[vectors], sums[vectors];
  for (int v = 0; v < vectors; ++v) total[v] = hn::Zero(d);
  for (int64_t block = 0; block < depth; block += kDepthBlock<T>) {
    for (int v = 0; v < vectors; ++v) sums[v] = hn::Zero(d);
    for (int64_t k = block; k < std::min(depth, block + kDepthBlock<T>); ++k) {
      const auto a_k = hn::Set(d, a[k]);
      const T* row = b.at(k, 0);
      HWY_UNROLL(8)
      for (int v = 0; v < vectors; ++v) {
        const auto b_k =
            count < lanes ? LoadPartial(d, row, count, T(0)) : hn::LoadU(d, row + v * lanes);
        sums[v] = hn::MulAdd(a_k, b_k, sums[v]);
      }
    }
    for (int v = 0; v < vectors; ++v) total[v] = hn::Add(total[v], sums[v]);
  }
  if (count < lanes) return StorePartial(total[0], d, y, count);
  for (int v = 0; v < vectors; ++v) hn::StoreU(total[v], d, y + v * lanes);
}

/// y[j] = sum_k a[k] b[k, j], where rows of b are contiguous (b.col = 1).
template <typename T>
void MultiplyByColumns(int64_t begin, int64_t end, int64_t depth, const T* a, Strided<const T> b,
                       T* y) {
  constexpr int kWide = 8;
  const int64_t lanes = hn::Lanes(hn::ScalableTag<T>());
  for (int64_t j = begin; j < end;) {
    const Strided<const T> from = {b.at(0, j), b.row, b.col};
    const int64_t rest = end - j;
    if (rest >= kWide * lanes) {
      SumColumns<kWide>(depth, a, from, kWide * lanes, y + j);
      j += kWide * lanes;
    } else {
      SumColumns<1>(depth, a, from, std::min(rest, lanes), y + j);
      j += lanes;
    }
  }
}
// #endregion vector

template <typename T>
void MatmulOf(const MatmulArgs& args) {
  using Matrices = MatrixOperands<T>;
  auto operands = [&](int64_t batch) {
    Matrices of;
    ForEachRun(args.batch, batch, batch + 1, [&](const int64_t* offsets, int64_t) {
      of = {{static_cast<const T*>(args.a) + offsets[0], args.a_row, args.a_col},
            {static_cast<const T*>(args.b) + offsets[1], args.b_row, args.b_col},
            {static_cast<T*>(args.y) + batch * args.m * args.n, args.n, 1}};
    });
    return of;
  };
  // A column vector is the row vector of the transposed product, (ab)ᵀ = bᵀaᵀ.
  const bool flip = args.n == 1 && args.m > 1;
  const int64_t m = flip ? args.n : args.m, n = flip ? args.m : args.n;
  const int64_t row = flip ? args.a_col : args.b_row, col = flip ? args.a_row : args.b_col;
  if (m == 1 && (row == 1 || col == 1)) {
    const int64_t grain = std::clamp<int64_t>(kElementGrain / std::max<int64_t>(args.k, 1), 128,
                                              std::max<int64_t>(n, 128));
    const int64_t pieces = (n + grain - 1) / grain;
    ParallelFor(args.batches * pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        Matrices of = operands(task / pieces);
        if (flip) of = of.Transposed();
        const int64_t from = task % pieces * grain, to = std::min(from + grain, n);
        (row == 1 ? MultiplyByRows<T> : MultiplyByColumns<T>)(from, to, args.k, of.a.data, of.b,
                                                              of.y.data);
      }
    });
    return;
  }
  MultiplyMatrices<T>(args.batches, args.m, args.n, args.k, operands);
}

void Matmul(const MatmulArgs& args) {
  if (args.batches * args.m * args.n == 0) return;
  VisitFloats(args.dtype, [&](auto type) { MatmulOf<typename decltype(type)::type>(args); });
}

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace prova::simd {

HWY_EXPORT(Matmul);
void Matmul(const MatmulArgs& args) { HWY_DYNAMIC_DISPATCH(Matmul)(args); }

}  // namespace prova::simd
#endif

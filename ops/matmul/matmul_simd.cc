#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/matmul_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/matmul/matmul_kernels.h"

#include "ops/common/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region vector
/// Columns whose sums a task keeps in the first-level cache while the rows of b pass by.
inline constexpr int64_t kStripCols = 4096;

/// sums[j] += sum_r a[r] b[r, j] for `rows` rows of b, each a stream of its own.
template <int rows, typename T>
HWY_INLINE void AddRows(const T* a, Strided<const T> b, int64_t cols, T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> a_rows[rows];
  const T* b_rows[rows];
  HWY_UNROLL(6)
  for (int r = 0; r < rows; ++r) {
    a_rows[r] = hn::Set(d, a[r]);
    b_rows[r] = b.at(r, 0);
  }
  int64_t j = 0;
  for (; j + static_cast<int64_t>(hn::Lanes(d)) <= cols; j += hn::Lanes(d)) {
    auto sum = hn::MulAdd(a_rows[0], hn::LoadU(d, b_rows[0] + j), hn::LoadU(d, sums + j));
    HWY_UNROLL(6)
    for (int r = 1; r < rows; ++r) {
      sum = hn::MulAdd(a_rows[r], hn::LoadU(d, b_rows[r] + j), sum);
    }
    hn::StoreU(sum, d, sums + j);
  }
  // The last columns take the same steps, so that strips may be cut anywhere.
  if (const int64_t rest = cols - j; rest > 0) {
    auto sum = LoadPartial(d, sums + j, rest, T(0));
    HWY_UNROLL(6)
    for (int r = 0; r < rows; ++r) {
      sum = hn::MulAdd(a_rows[r], LoadPartial(d, b_rows[r] + j, rest, T(0)), sum);
    }
    StorePartial(sum, d, sums + j, rest);
  }
}

/// y[j] = sum_k a[k] b[k, j] for up to `kStripCols` columns, where rows of b are contiguous.
template <typename T>
void MultiplyByColumns(int64_t begin, int64_t end, int64_t depth, const T* a, Strided<const T> b,
                       T* y) {
  constexpr int kRows = 6;
  const int64_t cols = end - begin;
  HWY_ALIGN T sums[kStripCols];
  std::fill_n(y + begin, cols, T(0));
  for (int64_t block = 0; block < depth; block += kDepthBlock<T>) {
    const int64_t last = std::min(depth, block + kDepthBlock<T>);
    std::fill_n(sums, cols, T(0));
    int64_t k = block;
    for (; k + kRows <= last; k += kRows) AddRows<kRows>(a + k, b.From(k, begin), cols, sums);
    for (; k < last; ++k) AddRows<1>(a + k, b.From(k, begin), cols, sums);
    for (int64_t j = 0; j < cols; ++j) y[begin + j] += sums[j];
  }
}
// #endregion vector

template <typename T>
void MatmulOf(const MatmulArgs& args) {
  using Matrices = Product<T>;
  auto operands = [&](int64_t batch) {
    Matrices of;
    args.At(batch, [&](int64_t a, int64_t b, int64_t y) {
      of = {{static_cast<const T*>(args.a) + a, args.a_row, args.a_col},
            {static_cast<const T*>(args.b) + b, args.b_row, args.b_col},
            {static_cast<T*>(args.y) + y, args.n, 1}};
    });
    return of;
  };
  // A column vector is the row vector of the transposed product, (ab)ᵀ = bᵀaᵀ.
  const bool flip = args.n == 1 && args.m > 1;
  const int64_t m = flip ? args.n : args.m, n = flip ? args.m : args.n;
  const int64_t row = flip ? args.a_col : args.b_row, col = flip ? args.a_row : args.b_col;
  if (m == 1 && (row == 1 || col == 1)) {
    // Rows of b are dotted in groups; its columns are summed in strips, one or more a thread.
    const int64_t strip = std::max(ElementGrain(args.k), n / NumThreads() / 64 * 64);
    const int64_t grain =
        row == 1 ? std::max<int64_t>(32, ElementGrain(args.k)) : std::min(strip, kStripCols);
    const int64_t pieces = (n + grain - 1) / grain;
    const bool singly = IsInSharedCache<T>(n * args.k);
    ParallelFor(args.batches * pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        Matrices of = operands(task / pieces);
        if (flip) of = of.Transposed();
        const int64_t from = task % pieces * grain, to = std::min(from + grain, n);
        if (row == 1) {
          DotRows(of.a.data, of.b.From(0, from).Transposed(), args.k, to - from, of.y.data + from,
                  singly);
        } else {
          MultiplyByColumns(from, to, args.k, of.a.data, of.b, of.y.data);
        }
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

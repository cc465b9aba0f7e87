#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matmul/matmul_simd.cc"
#include "hwy/foreach_target.h"

#include "ops/matmul/matmul_kernels.h"
#include "ops/matmul/matmul_vector.h"

#include "ops/common/gemm-inl.h"
#include "ops/common/gemv-inl.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

// #region vector
/// sums[j] += sum_r a[r * apart] b[r * apart, j] for `rows` rows of b.
template <int rows, typename T>
HWY_INLINE void AddRows(const T* a, Strided<const T> b, int64_t apart, int64_t cols,
                        T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> a_rows[rows];
  const T* b_rows[rows];
  HWY_UNROLL(4)
  for (int r = 0; r < rows; ++r) {
    a_rows[r] = hn::Set(d, a[r * apart]);
    b_rows[r] = b.at(r * apart, 0);
  }
  // What the rows give is added up before it meets the larger sum, and loses less there.
  const auto added = [&](auto sum, const auto& load) HWY_ATTR {
    auto products = hn::Mul(a_rows[0], load(0));
    HWY_UNROLL(4)
    for (int r = 1; r < rows; ++r) products = hn::MulAdd(a_rows[r], load(r), products);
    return hn::Add(sum, products);
  };
  ForEachVector(
      d, cols,
      [&](int64_t j) HWY_ATTR {
        const auto load = [&](int r) HWY_ATTR { return hn::LoadU(d, b_rows[r] + j); };
        hn::StoreU(added(hn::LoadU(d, sums + j), load), d, sums + j);
      },
      [&](int64_t j, int64_t rest) HWY_ATTR {
        const auto load = [&](int r) HWY_ATTR { return LoadPartial(d, b_rows[r] + j, rest, T(0)); };
        StorePartial(added(LoadPartial(d, sums + j, rest, T(0)), load), d, sums + j, rest);
      });
}

/// y[j] = sum_k a[k] b[k, j] where rows of b are contiguous. The rows that are read at once stand a
/// quarter of a block apart: each goes on where the one before it ended, a long stream.
template <typename T>
void MultiplyByColumns(int64_t cols, int64_t depth, const T* a, Strided<const T> b, T* y) {
  HWY_ALIGN T sums[VectorProduct::kMostCols];
  std::fill_n(y, cols, T(0));
  for (int64_t block = 0; block < depth; block += kDepthBlock<T>) {
    const int64_t last = std::min(depth, block + kDepthBlock<T>), apart = (last - block) / kStreams;
    std::fill_n(sums, cols, T(0));
    for (int64_t k = block; k < block + apart; ++k) {
      AddRows<kStreams>(a + k, b.From(k, 0), apart, cols, sums);
    }
    for (int64_t k = block + kStreams * apart; k < last; ++k) {
      AddRows<1>(a + k, b.From(k, 0), apart, cols, sums);
    }
    for (int64_t j = 0; j < cols; ++j) y[j] += sums[j];
  }
}

/// The products of a batch with a vector each: `cuts` tells how, `operands` which.
template <typename T, typename Operands>
void MultiplyVectors(const MatmulArgs& args, const VectorProduct& cuts, const Operands& operands) {
  const int64_t n = cuts.n, tasks = cuts.parts * cuts.strips;
  T* const partials = static_cast<T*>(args.workspace);  // [batches, parts, n]
  ParallelFor(args.batches * tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t batch = task / tasks, part = task % tasks / cuts.strips;
      const int64_t k = part * cuts.terms, j = task % cuts.strips * cuts.cols;
      const int64_t terms = std::min(cuts.terms, args.k - k), cols = std::min(cuts.cols, n - j);
      const Product<T> whole = operands(batch), of = cuts.flips ? whole.Transposed() : whole;
      const Strided<const T> b = of.b.From(k, j);
      T* y = cuts.parts == 1 ? of.y.data + j : partials + (batch * cuts.parts + part) * n + j;
      if (cuts.is_dotted) {
        DotRows(of.a.data, b.Transposed(), terms, cols, y);
      } else {
        MultiplyByColumns(cols, terms, of.a.data + k, b, y);
      }
    }
  });
  if (cuts.parts == 1) return;
  ParallelFor(args.batches, ElementGrain(cuts.parts * n), [&](int64_t begin, int64_t end) {
    for (int64_t batch = begin; batch < end; ++batch) {
      T* y = operands(batch).y.data;
      std::fill_n(y, n, T(0));
      for (int64_t part = 0; part < cuts.parts; ++part) {
        const T* from = partials + (batch * cuts.parts + part) * n;
        for (int64_t j = 0; j < n; ++j) y[j] += from[j];
      }
    }
  });
}
// #endregion vector

template <typename T>
void MatmulOf(const MatmulArgs& args) {
  const auto operands = [&](int64_t batch) {
    Product<T> of;
    args.At(batch, [&](int64_t a, int64_t b, int64_t y) {
      of = {{static_cast<const T*>(args.a) + a, args.a_row, args.a_col},
            {static_cast<const T*>(args.b) + b, args.b_row, args.b_col},
            {static_cast<T*>(args.y) + y, args.n, 1}};
    });
    return of;
  };
  if (VectorProduct::Is(args)) return MultiplyVectors<T>(args, VectorProduct(args), operands);
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

int64_t MatmulWorkspace(const MatmulArgs& args) {
  if (!VectorProduct::Is(args)) return 0;
  const VectorProduct cuts(args);
  return cuts.parts == 1 ? 0 : args.batches * cuts.parts * cuts.n * ItemSize(args.dtype);
}

HWY_EXPORT(Matmul);
void Matmul(const MatmulArgs& args) { HWY_DYNAMIC_DISPATCH(Matmul)(args); }

}  // namespace prova::simd
#endif

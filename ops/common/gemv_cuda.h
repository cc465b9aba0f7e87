#pragma once

#include "cuda/reduce.h"
#include "ops/common/gemm_cuda.h"

namespace prova::cuda {

/// Products with a vector: y[i] = sum_t lines[i, t] vector[t]. Each element of the matrix is used
/// once, so all depends on how it is read: a warp along a line, or side by side across lines.

/// What a kernel needs to place the sum of a line: y is one row (`as_row`) or one column.
template <typename Result>
struct LineSums {
  using Sum = SumOf<typename Result::Element>;

  /// `sum` of line i over one split.
  __device__ __forceinline__ void Write(int64_t split, int64_t batch, int64_t i, Sum sum) const {
    if (partials != nullptr) {
      partials[(split * of.batches + batch) * lines() + i] = sum;
      return;
    }
    const int64_t row = as_row ? 0 : i, col = as_row ? i : 0;
    *y.At(batch, row, col) = y.Finish(sum, batch, row, col);
  }
  __device__ __forceinline__ int64_t lines() const { return of.rows * of.cols; }

  Result y;
  ProductSize of;
  bool as_row;
  int64_t splits, split_terms;
  Sum* partials;  // [splits, batches, lines], or null
};

inline constexpr int kWarps = kBlockThreads / 32;

// #region dot
/// A warp a line, whose terms are neighbours.
template <typename T, typename Result>
__global__ void DotLines(Strided<T> lines, Strided<T> vector, LineSums<Result> sums) {
  using Sum = SumOf<T>;
  constexpr int kPack = kPackOf<T>;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int64_t count = sums.of.batches * sums.lines() * sums.splits;
  const int64_t warp = FirstInGrid() / 32, warps = GridStep() / 32;
  for (int64_t at = warp; at < count; at += warps) {
    const int64_t i = at % sums.lines(), rest = at / sums.lines();
    const int64_t batch = rest % sums.of.batches, split = rest / sums.of.batches;
    const int64_t begin = split * sums.split_terms;
    const int64_t end = std::min(begin + sums.split_terms, sums.of.terms);
    const auto line = lines.At(batch, i), factors = vector.At(batch, 0);
    Sum own[kPack] = {};
    for (int64_t t = begin + lane * kPack; t < end; t += 32 * kPack) {
      const auto left = line.Load(t), right = factors.Load(t);
      for (int e = 0; e < kPack; ++e) own[e] += left[e] * right[e];
    }
    Sum sum = 0;
    for (int e = 0; e < kPack; ++e) sum += own[e];
    sum = ReduceWarp(sum, [](Sum a, Sum b) { return a + b; });
    if (lane == 0) sums.Write(split, batch, i, sum);
  }
}
// #endregion dot

// #region across
/// A thread a line for every eighth term: the lanes of a warp read neighbours of 32 lines, and
/// the warps of a block add what they have.
template <typename T, typename Result>
__global__ void SumAcrossLines(Strided<T> lines, Strided<T> vector, LineSums<Result> sums) {
  using Sum = SumOf<T>;
  __shared__ SharedArray<Sum, kWarps, 32> memory;
  const auto of_warps = memory.view();
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int64_t strips = (sums.lines() + 31) / 32;
  const int64_t i = blockIdx.x % strips * 32 + lane, rest = blockIdx.x / strips;
  const int64_t batch = rest % sums.of.batches, split = rest / sums.of.batches;
  const int64_t begin = split * sums.split_terms;
  const int64_t end = std::min(begin + sums.split_terms, sums.of.terms);
  const T* line = lines.Matrix(batch) + i * lines.place_step;
  const T* factors = vector.Matrix(batch);
  Sum own = 0;
  if (i < sums.lines()) {
    for (int64_t t = begin + warp; t < end; t += kWarps) {
      own += static_cast<Sum>(line[t * lines.term_step]) * static_cast<Sum>(factors[t]);
    }
  }
  of_warps(warp, lane) = own;
  __syncthreads();
  if (warp > 0 || i >= sums.lines()) return;
  Sum sum = 0;
  for (int w = 0; w < kWarps; ++w) sum += static_cast<Sum>(of_warps(w, lane));
  sums.Write(split, batch, i, sum);
}
// #endregion across

/// Lines of few terms are split only where there are few of them.
template <typename T>
ProductPlan PlanLines(const ProductSize& of, const Strided<T>& lines) {
  const int64_t per_block = lines.along_terms ? kWarps : 32;
  const int64_t blocks = of.batches * ((of.rows * of.cols + per_block - 1) / per_block);
  return Split(0, blocks, of.terms, 512, 32);
}

/// y = a b where a has one row or b one column; `workspace` has PartialBytes.
template <typename T, typename Result>
void MultiplyVector(const ProductPlan& plan, const ProductSize& of, const Strided<T>& a,
                    const Strided<T>& b, const Result& y, void* workspace) {
  const int64_t count = of.batches * of.rows * of.cols;
  if (count == 0) return;
  const bool as_row = of.cols > 1;
  const Strided<T>&lines = as_row ? b : a, &vector = as_row ? a : b;
  auto* partials = plan.splits == 1 ? nullptr : static_cast<SumOf<T>*>(workspace);
  const LineSums<Result> sums = {y, of, as_row, plan.splits, plan.split_terms, partials};
  if (lines.along_terms) {
    Launch(GridFor(count * plan.splits * 32), DotLines<T, Result>, lines, vector, sums);
  } else {
    const int64_t blocks = (of.rows * of.cols + 31) / 32 * of.batches * plan.splits;
    Launch({dim3(static_cast<unsigned>(blocks)), dim3(kBlockThreads)}, SumAcrossLines<T, Result>,
           lines, vector, sums);
  }
  FinishSplits(plan, of, y, partials);
}

/// The lines of a product with a vector.
template <typename T>
const Strided<T>& LinesOf(const ProductSize& of, const Strided<T>& a, const Strided<T>& b) {
  return of.cols > 1 ? b : a;
}

inline bool HasVector(const ProductSize& of) { return of.rows == 1 || of.cols == 1; }

/// How the product of two matrices is cut.
template <typename T>
ProductPlan PlanMatrices(const ProductSize& of, const Strided<T>& a, const Strided<T>& b) {
  return HasVector(of) ? PlanLines(of, LinesOf(of, a, b)) : PlanTiles(of, kLargestSide<T>);
}

/// y = a b; `workspace` has the PartialBytes of that plan.
template <typename T, typename Result>
void MultiplyMatrices(const ProductSize& of, const Strided<T>& a, const Strided<T>& b,
                      const Result& y, void* workspace) {
  const ProductPlan plan = PlanMatrices(of, a, b);
  if (HasVector(of)) return MultiplyVector(plan, of, a, b, y, workspace);
  // Matrices of 16 bits are for tensor cores, or are widened.
  if constexpr (std::is_arithmetic_v<T>) MultiplyAs(plan, of, a, b, y, workspace);
}

}  // namespace prova::cuda

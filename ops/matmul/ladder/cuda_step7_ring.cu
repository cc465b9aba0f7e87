#include "ops/common/gemm_hopper_cuda.h"
#include "ops/matmul/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

constexpr int kCols = 128, kTerms = LineOf(CoreElement::kBFloat16), kStages = 4;
constexpr int kBytesOfA = kCoreRows * kLineBytes, kBytes = kBytesOfA + kCols * kLineBytes;

// #region step
/// As before, with four stages in a ring: three are on their way while one is multiplied.
__global__ void __launch_bounds__(kGroupThreads)
    RingKernel(const __grid_constant__ TensorMap a_map, const __grid_constant__ TensorMap b_map,
               RowMajor<bfloat16> y, ProductSize of) {
  if constexpr (kForHopper) {
    __shared__ PhaseBarrier full[kStages];
    if (threadIdx.x == 0) {
      for (int stage = 0; stage < kStages; ++stage) full[stage].Init(1);
      PublishBarriers();
    }
    __syncthreads();
    const int row = static_cast<int>(blockIdx.y) * kCoreRows;
    const int col = static_cast<int>(blockIdx.x) * kCols;
    const int steps = static_cast<int>((of.terms + kTerms - 1) / kTerms);
    const uint32_t ring = FirstTile();
    auto fetch = [&](int step) {
      if (threadIdx.x > 0 || step >= steps) return;
      const uint32_t a = ring + step % kStages * kBytes;
      PhaseBarrier& here = full[step % kStages];
      here.ArriveExpecting(kBytes);
      FetchTile<kCoreRows, false>(a, a_map, row, step * kTerms, 0, here);
      FetchTile<kCols, true>(a + kBytesOfA, b_map, col, step * kTerms, 0, here);
    };
    for (int step = 0; step < kStages - 1; ++step) fetch(step);
    Sums<kCols> sums;
    for (int step = 0; step < steps; ++step) {
      const uint32_t a = ring + step % kStages * kBytes;
      const uint64_t left = DescribeTile(a, kPatternBytes, kBlockBytes);
      const uint64_t right = DescribeTile(a + kBytesOfA, kPatternBytes, kBlockBytes);
      full[step % kStages].Wait(step / kStages % 2);
      FenceSums(sums);
      for (int part = 0; part < kTerms / CoreTerms(CoreElement::kBFloat16); ++part) {
        MultiplyTiles<CoreElement::kBFloat16, false, true>(
            sums, Onward(left, part * kBytesOfTerms<CoreElement::kBFloat16, false>),
            Onward(right, part * kBytesOfTerms<CoreElement::kBFloat16, true>),
            step > 0 || part > 0);
      }
      CommitProducts();
      // The products before these are over in all warps: their stage is free.
      WaitForProducts<1>(sums);
      __syncthreads();
      fetch(step + kStages - 1);
    }
    WaitForProducts<0>(sums);
    StoreSums(sums, y, of, 0, row, col);
  }
}
// #endregion step

}  // namespace

void Ring(const bfloat16* a, const bfloat16* b, bfloat16* y, int64_t m, int64_t n, int64_t k) {
  const ProductSize of = {1, m, n, k};
  CoreOperand left = CoreMatricesOf<bfloat16>(a, m, k, k, 1, {}, 0);
  CoreOperand right = CoreMatricesOf<bfloat16>(b, n, k, 1, n, {}, 0);
  left.matrices.lines_at_once = kCoreRows;
  right.matrices.lines_at_once = kTerms;
  const dim3 grid(static_cast<unsigned>((n + kCols - 1) / kCols),
                  static_cast<unsigned>((m + kCoreRows - 1) / kCoreRows));
  Launch({grid, dim3(kGroupThreads), kPatternBytes + kStages * kBytes}, RingKernel,
         MapOf(left.matrices), MapOf(right.matrices), RowMajor<bfloat16>(y, of), of);
}

}  // namespace prova::cuda::ladder

#include "ops/common/gemm_hopper_cuda.h"
#include "ops/matmul/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

constexpr int kCols = 128, kTerms = LineOf(CoreElement::kBFloat16);
constexpr int kBytesOfA = kCoreRows * kLineBytes, kBytes = kBytesOfA + kCols * kLineBytes;

// #region step
/// A warp group a tile of 64 x 128. One thread asks for 64 terms of a and b; all wait for them,
/// have the tensor cores multiply them, and wait for that.
__global__ void __launch_bounds__(kGroupThreads)
    TensorCoresKernel(const __grid_constant__ TensorMap a_map,
                      const __grid_constant__ TensorMap b_map, RowMajor<bfloat16> y,
                      ProductSize of) {
  if constexpr (kForHopper) {
    __shared__ PhaseBarrier full;
    if (threadIdx.x == 0) {
      full.Init(1);
      PublishBarriers();
    }
    __syncthreads();
    const int row = static_cast<int>(blockIdx.y) * kCoreRows;
    const int col = static_cast<int>(blockIdx.x) * kCols;
    const uint32_t a = FirstTile(), b = a + kBytesOfA;
    Sums<kCols> sums;
    int parity = 0;
    for (int term = 0; term < of.terms; term += kTerms, parity ^= 1) {
      if (threadIdx.x == 0) {
        full.ArriveExpecting(kBytes);
        FetchTile<kCoreRows, false>(a, a_map, row, term, 0, full);
        FetchTile<kCols, true>(b, b_map, col, term, 0, full);
      }
      full.Wait(parity);
      FenceSums(sums);
      for (int part = 0; part < kTerms / CoreTerms(CoreElement::kBFloat16); ++part) {
        const uint64_t left = DescribeTile(a, kPatternBytes, kBlockBytes);
        const uint64_t right = DescribeTile(b, kPatternBytes, kBlockBytes);
        MultiplyTiles<CoreElement::kBFloat16, false, true>(
            sums, Onward(left, part * kBytesOfTerms<CoreElement::kBFloat16, false>),
            Onward(right, part * kBytesOfTerms<CoreElement::kBFloat16, true>),
            term > 0 || part > 0);
      }
      CommitProducts();
      WaitForProducts<0>(sums);
      __syncthreads();  // all are done with what the next terms will lie over
    }
    StoreSums(sums, y, of, 0, row, col);
  }
}
// #endregion step

}  // namespace

void TensorCores(const bfloat16* a, const bfloat16* b, bfloat16* y, int64_t m, int64_t n,
                 int64_t k) {
  const ProductSize of = {1, m, n, k};
  CoreOperand left = CoreMatricesOf<bfloat16>(a, m, k, k, 1, {}, 0);
  CoreOperand right = CoreMatricesOf<bfloat16>(b, n, k, 1, n, {}, 0);
  left.matrices.lines_at_once = kCoreRows;
  right.matrices.lines_at_once = kTerms;
  const dim3 grid(static_cast<unsigned>((n + kCols - 1) / kCols),
                  static_cast<unsigned>((m + kCoreRows - 1) / kCoreRows));
  Launch({grid, dim3(kGroupThreads), kPatternBytes + kBytes}, TensorCoresKernel,
         MapOf(left.matrices), MapOf(right.matrices), RowMajor<bfloat16>(y, of), of);
}

}  // namespace prova::cuda::ladder

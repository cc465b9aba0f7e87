#include <cmath>

#include "cuda/reduce.h"
#include "ops/softmax/ladder/cuda_ladder.h"

namespace prova::cuda::ladder {
namespace {

constexpr int kPack = 4, kPacks = 4;
using Floats = Pack<float, kPack>;

// #region step
/// The 16 elements of a thread are four packs of neighbours, each moved at once.
__global__ void PacksKernel(const float* x, float* y, int64_t cols) {
  const float* in = x + blockIdx.x * cols;
  float* out = y + blockIdx.x * cols;
  Floats packs[kPacks];
  float peak = -INFINITY;
  for (int p = 0; p < kPacks; ++p) {
    const int k = (p * kThreads + static_cast<int>(threadIdx.x)) * kPack;
    packs[p] =
        k < cols ? PackAt<kPack>(in + k) : Floats{-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    for (int e = 0; e < kPack; ++e) peak = std::fmax(peak, packs[p][e]);
  }
  peak = ReduceBlock<kThreads>(peak, -INFINITY, [](float a, float b) { return std::fmax(a, b); });
  float sum = 0;
  for (Floats& pack : packs) {
    for (int e = 0; e < kPack; ++e) sum += pack[e] = std::exp(pack[e] - peak);
  }
  sum = ReduceBlock<kThreads>(sum, 0.0f, [](float a, float b) { return a + b; });
  const float scale = 1 / sum;
  for (int p = 0; p < kPacks; ++p) {
    const int k = (p * kThreads + static_cast<int>(threadIdx.x)) * kPack;
    for (int e = 0; e < kPack; ++e) packs[p][e] *= scale;
    if (k < cols) PackAt<kPack>(out + k) = packs[p];
  }
}
// #endregion step

}  // namespace

void Packs(const float* x, float* y, int64_t rows, int64_t cols) {
  // Every row must begin where packs may be moved.
  if (cols % kPack != 0 || cols > kPacks * kPack * kThreads) return Registers(x, y, rows, cols);
  Launch({dim3(static_cast<unsigned>(rows)), dim3(kThreads)}, PacksKernel, x, y, cols);
}

}  // namespace prova::cuda::ladder

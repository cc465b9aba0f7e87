#pragma once

#include "ops/common/kernel_table.h"

namespace prova {

/// y = weight * (x - mean) / sqrt(var + epsilon) + bias for each row of x.
struct LayerNormArgs {
  DType dtype;
  const void* x;       // [rows, cols]
  const void* weight;  // [cols], or null for ones
  const void* bias;    // [cols], or null for zeros
  void* y;             // [rows, cols]
  int64_t rows;
  int64_t cols;
  double epsilon;
};
using LayerNormFn = void (*)(const LayerNormArgs&);

/// Gradients by rows (dx) and by columns (dweight, dbias); null where not wanted.
struct LayerNormBackwardArgs {
  DType dtype;
  const void* dy;      // [rows, cols]
  const void* x;       // [rows, cols]
  const void* weight;  // [cols], or null
  void* dx;            // [rows, cols], or null
  void* dweight;       // [cols], or null
  void* dbias;         // [cols], or null
  void* sums;          // room for [LayerNormBlocks(rows), 2, cols] doubles: sums over rows
  int64_t rows;
  int64_t cols;
  double epsilon;
};
using LayerNormBackwardFn = void (*)(const LayerNormBackwardArgs&);

/// Sums over rows run within blocks of this many, then over blocks: the partition, and with it the
/// bits of the result, depends on sizes alone.
inline constexpr int64_t kLayerNormBlock = 64;
constexpr int64_t LayerNormBlocks(int64_t rows) {
  return rows <= kLayerNormBlock ? 1 : (rows + kLayerNormBlock - 1) / kLayerNormBlock;
}

namespace reference {
void LayerNorm(const LayerNormArgs& args);
void LayerNormBackward(const LayerNormBackwardArgs& args);
}  // namespace reference

namespace simd {
void LayerNorm(const LayerNormArgs& args);
void LayerNormBackward(const LayerNormBackwardArgs& args);
}  // namespace simd

namespace cuda {
PROVA_LINKED void LayerNorm(const LayerNormArgs& args);
PROVA_LINKED void LayerNormBackward(const LayerNormBackwardArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<LayerNormFn> kLayerNormKernels[] = {
    {Where::kCuda, cuda::LayerNorm, kAllFloats},
    {Where::kSimd, simd::LayerNorm},
    {Where::kReference, reference::LayerNorm},
};

inline constexpr KernelEntry<LayerNormBackwardFn> kLayerNormBackwardKernels[] = {
    {Where::kCuda, cuda::LayerNormBackward, kAllFloats},
    {Where::kSimd, simd::LayerNormBackward},
    {Where::kReference, reference::LayerNormBackward},
};

}  // namespace prova

#pragma once

#include "ops/common/kernel_table.h"

namespace prova {

/// y[i] = weight[index[i]], rows of bytes.
struct EmbeddingArgs {
  const int64_t* index;   // [count], each in 0..rows-1
  const uint8_t* weight;  // [rows, row_bytes]
  uint8_t* y;             // [count, row_bytes]
  int64_t count;
  int64_t row_bytes;
};
using EmbeddingFn = void (*)(const EmbeddingArgs&);

/// dweight[r] = the sum of dy[order[k]] for k in starts[r]..starts[r + 1] - 1.
struct EmbeddingBackwardArgs {
  DType dtype;
  const void* dy;         // [count, dim]
  const int64_t* order;   // [count], positions sorted by their index, equal ones as they come
  const int64_t* starts;  // [rows + 1]
  void* dweight;          // [rows, dim]
  int64_t rows;
  int64_t dim;
  int64_t count;
};
using EmbeddingBackwardFn = void (*)(const EmbeddingBackwardArgs&);

namespace reference {
void Embedding(const EmbeddingArgs& args);
void EmbeddingBackward(const EmbeddingBackwardArgs& args);
}  // namespace reference

namespace simd {
void Embedding(const EmbeddingArgs& args);
void EmbeddingBackward(const EmbeddingBackwardArgs& args);
}  // namespace simd

namespace cuda {
PROVA_LINKED void Embedding(const EmbeddingArgs& args);
PROVA_LINKED void EmbeddingBackward(const EmbeddingBackwardArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<EmbeddingFn> kEmbeddingKernels[] = {
    {Where::kCuda, cuda::Embedding, kAllFloats},
    {Where::kSimd, simd::Embedding},
    {Where::kReference, reference::Embedding},
};

inline constexpr KernelEntry<EmbeddingBackwardFn> kEmbeddingBackwardKernels[] = {
    {Where::kCuda, cuda::EmbeddingBackward, kAllFloats},
    {Where::kSimd, simd::EmbeddingBackward},
    {Where::kReference, reference::EmbeddingBackward},
};

}  // namespace prova

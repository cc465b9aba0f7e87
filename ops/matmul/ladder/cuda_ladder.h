#pragma once

#include "ops/matmul/ladder/ladder.h"
#include "tensor/dtype.h"

namespace prova::cuda::ladder {

// The same product on a GPU: a, b and y are memory of the device.
void Naive(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void SharedTile(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void RegisterTile(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void TwoBuffers(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void Shipped(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);

inline constexpr prova::ladder::Step kSteps[] = {
    {"1_naive", Naive},
    {"2_shared_tile", SharedTile},
    {"3_register_tile", RegisterTile},
    {"4_two_buffers", TwoBuffers},
    {"5_shipped", Shipped},
};

// On Hopper's tensor cores: bfloat16, k and n multiples of 8, m and n more than 1.
void TensorCores(const bfloat16* a, const bfloat16* b, bfloat16* y, int64_t m, int64_t n,
                 int64_t k);
void Ring(const bfloat16* a, const bfloat16* b, bfloat16* y, int64_t m, int64_t n, int64_t k);
void CoresShipped(const bfloat16* a, const bfloat16* b, bfloat16* y, int64_t m, int64_t n,
                  int64_t k);

struct CoreStep {
  const char* name;
  void (*run)(const bfloat16* a, const bfloat16* b, bfloat16* y, int64_t m, int64_t n, int64_t k);
};
inline constexpr CoreStep kCoreSteps[] = {
    {"6_tensor_cores", TensorCores},
    {"7_ring", Ring},
    {"8_cores_shipped", CoresShipped},
};

}  // namespace prova::cuda::ladder

#pragma once

#include "ops/matmul/ladder/ladder.h"

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

}  // namespace prova::cuda::ladder

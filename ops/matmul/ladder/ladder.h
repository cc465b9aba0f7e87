#pragma once

#include <cstdint>

namespace prova::ladder {

/// y = a b; a: [m, k], b: [k, n], y: [m, n], row-major.
using MatmulFn = void (*)(const float* a, const float* b, float* y, int64_t m, int64_t n,
                          int64_t k);

void ThreeLoops(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void LoopOrder(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void Vectors(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void RegisterTile(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void CacheBlocks(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void Packing(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void Threads(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);
void Shipped(const float* a, const float* b, float* y, int64_t m, int64_t n, int64_t k);

/// From the definition to the kernel that ships, each a change of one idea.
struct Step {
  const char* name;
  MatmulFn run;
};
inline constexpr Step kSteps[] = {
    {"1_three_loops", ThreeLoops},   {"2_loop_order", LoopOrder},
    {"3_vectors", Vectors},          {"4_register_tile", RegisterTile},
    {"5_cache_blocks", CacheBlocks}, {"6_packing", Packing},
    {"7_threads", Threads},          {"8_shipped", Shipped},
};

}  // namespace prova::ladder

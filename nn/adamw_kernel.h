#pragma once

#include <cstdint>

namespace prova::simd {

/// One step of AdamW on n neighbouring elements, with the numbers that `AdamW` makes of its
/// options. The same operations in the same order as the plain loop, so the same bits.
struct AdamWArgs {
  float* p;        // [n]
  const float* g;  // [n]
  float* m;        // [n]
  float* v;        // [n]
  int64_t n;
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float keep, step_size, root_correction, epsilon;
};
void AdamW(const AdamWArgs& args);

}  // namespace prova::simd

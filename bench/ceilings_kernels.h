#pragma once

#include <cstdint>

namespace prova::simd {

/// Independent fused multiply-adds, twelve vectors of them in each round; returns how many
/// floating-point operations that was. `seed` holds two numbers and receives what was computed.
int64_t FmaFloat(int64_t rounds, float* seed);
int64_t FmaDouble(int64_t rounds, double* seed);

/// Reads n floats, a multiple of 512, several times; returns something that depends on each.
float Read(const float* x, int64_t n, int64_t passes);

/// y = x for n floats, a multiple of 512.
void Copy(const float* x, float* y, int64_t n);

/// The Highway target that runs: hwy::TargetName.
const char* TargetName();

}  // namespace prova::simd

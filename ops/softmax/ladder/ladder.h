#pragma once

#include <cstdint>

namespace prova::ladder {

/// y = softmax(x) for each row; x, y: [rows, cols].
using SoftmaxFn = void (*)(const float* x, float* y, int64_t rows, int64_t cols);

void TwoExponentials(const float* x, float* y, int64_t rows, int64_t cols);
void OneExponential(const float* x, float* y, int64_t rows, int64_t cols);
void OwnExponential(const float* x, float* y, int64_t rows, int64_t cols);
void Vectors(const float* x, float* y, int64_t rows, int64_t cols);
void FastRange(const float* x, float* y, int64_t rows, int64_t cols);
void Shipped(const float* x, float* y, int64_t rows, int64_t cols);

/// From the definition to the kernel that ships, each a change of one idea.
struct Step {
  const char* name;
  SoftmaxFn run;
};
inline constexpr Step kSteps[] = {
    {"1_two_exponentials", TwoExponentials},
    {"2_one_exponential", OneExponential},
    {"3_own_exponential", OwnExponential},
    {"4_vectors", Vectors},
    {"5_fast_range", FastRange},
    {"6_shipped", Shipped},
};

}  // namespace prova::ladder

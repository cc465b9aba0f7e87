#include <algorithm>
#include <bit>

#include "ops/softmax/ladder/ladder.h"

namespace prova::ladder {
namespace {

// #region step
/// e^x for -87 < x <= 0, else 0: e^x = 2^n e^r with |r| <= ln(2)/2, and e^r by a polynomial.
float Exp(float x) {
  constexpr float kMagic = 0x1.8p23f;  // adding it rounds to an integer
  if (x < -87.0f) return 0;
  const float shifted = x * 1.44269504f + kMagic;
  const float n = shifted - kMagic;
  const float r = (x - n * 0.693145751953125f) - n * 1.42860682e-6f;
  const float p =
      0.5f +
      r * (0.16666667f +
           r * (0.0416664642f + r * (0.00833331085f + r * (0.00139337307f + r * 0.000198910805f))));
  const float y = (r + r * r * p) + 1;
  // The integer stands in the lowest bits of `shifted`: it is added to the exponent of y.
  return std::bit_cast<float>(std::bit_cast<uint32_t>(y) +
                              (std::bit_cast<uint32_t>(shifted) << 23));
}
// #endregion step

}  // namespace

void OwnExponential(const float* x, float* y, int64_t rows, int64_t cols) {
  for (int64_t row = 0; row < rows; ++row, x += cols, y += cols) {
    const float peak = *std::max_element(x, x + cols);
    float sum = 0;
    for (int64_t i = 0; i < cols; ++i) {
      y[i] = Exp(x[i] - peak);
      sum += y[i];
    }
    const float scale = 1 / sum;
    for (int64_t i = 0; i < cols; ++i) y[i] *= scale;
  }
}

}  // namespace prova::ladder

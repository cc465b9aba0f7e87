// What float16 does to small gradients, and what a larger loss does for them.
#include <cmath>
#include <iomanip>
#include <iostream>

#include "autograd/movement.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

// #region network
/// The gradient of the first weight of two layers whose outputs are small, as late in a training.
/// Layers compute in `dtype`, the loss in float32; the result is in float64, its scale undone.
Tensor Gradient(DType dtype, double scale) {
  Rng rng(1);
  auto uniform = [&](const Shape& shape, double size) {
    return cast(cast((rand(shape, rng) - 0.5) * size, DType::kFloat16), dtype);
  };
  const Tensor x = uniform({256, 64}, 1), w1 = parameter(uniform({64, 64}, 0.5));
  const Tensor w2 = uniform({64, 32}, 0.002);
  const Tensor y = cast(matmul(tanh(matmul(x, w1)), w2), DType::kFloat32);
  const Tensor loss = mean(y * y);
  const Gradients found = backward(Tensors{loss}, {.cotangents = {full({}, scale)}});
  return cast(found[w1], DType::kFloat64) / scale;
}
// #endregion network

double RootMeanSquare(const Tensor& t) { return sqrt(mean(t * t)).item(); }

int main() {
  const Tensor exact = Gradient(DType::kFloat32, 1);
  bool as_expected = true;
  std::cout << "scale  zeros  error\n";
  for (int power = 0; power <= 40; power += 4) {
    const Tensor half = Gradient(DType::kFloat16, std::ldexp(1.0, power));
    int64_t zeros = 0;
    for (double value : half.to_vector<double>()) zeros += value == 0;
    const double error = RootMeanSquare(half - exact) / RootMeanSquare(exact);
    std::cout << "2^" << std::left << std::setw(5) << power << std::right << std::setw(3)
              << (100 * zeros + half.numel() / 2) / half.numel() << " %  " << std::setprecision(1)
              << std::abs(error) << "\n";
    if (power == 0) as_expected &= error > 0.1;
    if (power == 12) as_expected &= error < 0.005;
    if (power == 40) as_expected &= !std::isfinite(error);
  }
  return as_expected ? 0 : 1;
}

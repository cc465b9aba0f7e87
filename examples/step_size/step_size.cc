// The error of finite differences over the step: how far a numerical derivative can be trusted.
#include <cmath>
#include <iomanip>
#include <iostream>
#include <limits>

#include "autograd/movement.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

// #region differences
/// Four operations that IEEE 754 rounds correctly, so that every machine prints the same errors.
Tensor Bell(const Tensor& x) { return 1.0 / (1.0 + x * x); }

Tensor ForwardDifference(const Tensor& x, double h) { return (Bell(x + h) - Bell(x)) / h; }

Tensor CentralDifference(const Tensor& x, double h) {
  return (Bell(x + h) - Bell(x - h)) / (2 * h);
}
// #endregion differences

/// The root mean square, over 64 points, of the difference to the true slope -2x / (1 + x^2)^2.
double RmsError(const Tensor& slope, const Tensor& x) {
  double sum = 0;
  const std::vector<double> found = slope.to_vector<double>(), at = x.to_vector<double>();
  for (size_t i = 0; i < at.size(); ++i) {
    const double y = 1 / (1 + at[i] * at[i]), error = found[i] + 2 * at[i] * y * y;
    sum += error * error;
  }
  return std::sqrt(sum / static_cast<double>(at.size()));
}

struct Best {
  double step = 0;
  double error = std::numeric_limits<double>::infinity();
  void Offer(double h, double of_h) {
    if (of_h < error) step = h, error = of_h;
  }
};

struct Precision {
  const char* name;
  DType dtype;
  double epsilon;
};

int main() {
  const Precision precisions[] = {{"float32", DType::kFloat32, std::ldexp(1.0, -23)},
                                  {"float64", DType::kFloat64, std::ldexp(1.0, -52)}};
  bool as_predicted = true;
  std::cout << std::scientific << std::setprecision(1) << "== curve\n"
            << "dtype      step   forward  central\n";
  Best forward[2], central[2];
  for (int p = 0; p < 2; ++p) {
    const auto& [name, dtype, epsilon] = precisions[p];
    const Tensor x = cast(arange(64), dtype) / 64.0 + 0.5;
    for (double h = 0.25; h >= epsilon; h /= 4) {
      const double one = RmsError(ForwardDifference(x, h), x),
                   two = RmsError(CentralDifference(x, h), x);
      std::cout << name << "  " << h << "  " << one << "  " << two << "\n";
      forward[p].Offer(h, one);
      central[p].Offer(h, two);
    }
  }
  std::cout << "== best\ndtype    rule     best step  predicted  error    predicted\n";
  for (int p = 0; p < 2; ++p) {
    const auto& [name, dtype, epsilon] = precisions[p];
    auto show = [&](const char* rule, const Best& best, double step, double error) {
      std::cout << name << "  " << rule << "  " << best.step << "    " << step << "    "
                << best.error << "  " << error << "\n";
      as_predicted &= best.step < 16 * step && step < 16 * best.step;
      as_predicted &= best.error < 16 * error && error < 16 * best.error;
    };
    show("forward", forward[p], std::sqrt(epsilon), std::sqrt(epsilon));
    show("central", central[p], std::cbrt(epsilon), std::pow(epsilon, 2.0 / 3));
  }
  return as_predicted ? 0 : 1;
}

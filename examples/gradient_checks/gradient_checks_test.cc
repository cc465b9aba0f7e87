// What a gradient check can see and what it cannot.
#include <cmath>
#include <iomanip>
#include <iostream>
#include <string>

#include "autograd/functional.h"
#include "gradcheck/gradcheck.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

const TensorOptions kReal = {.dtype = DType::kFloat64};

/// The first words of a problem: digits behind " is " or " by " are rounding, or printed apart.
std::string Summary(const GradientReport& report) {
  return report.problem.substr(0,
                               std::min(report.problem.find(" is "), report.problem.find(" by ")));
}

// #region weak
bool Weak() {
  Rng rng(1);
  const Tensor x = randn({2, 3}, rng, kReal);
  const GradientReport weak =
      CheckGradient({.f = [](const Tensors& in) { return sum(softmax(in[0])); },
                     .inputs = {x},
                     .differentiable = {true}},
                    rng);
  const GradientReport strong =
      CheckGradient({.f = [](const Tensors& in) { return softmax(in[0]); },
                     .inputs = {x},
                     .differentiable = {true}},
                    rng);
  std::cout << "sum(softmax(x)): " << Summary(weak) << " …\n"
            << "  " << weak.problem.substr(weak.problem.find("; ") + 2) << "\n"
            << "softmax(x) contracted with random cotangents: accepted, " << strong.mutants_killed
            << " of " << strong.mutants << " mutants rejected\n";
  return weak.problem.starts_with("signal guard") && strong.problem.empty();
}
// #endregion weak

// #region resolution
/// x^2 whose gradient is off by a relative error.
GradientReport CheckSquare(double relative_error) {
  const std::function<Tensor(const Tensors&)> square = [=](const Tensors& in) {
    return Record("square", {in[0]}, no_grad([&] { return in[0] * in[0]; }),
                  [=](const Tensor& dy, const Saved& saved) -> Tensors {
                    return {dy * saved.input() * (2 * (1 + relative_error))};
                  });
  };
  Rng rng(1);
  return CheckGradient(
      {.f = square, .inputs = {tensor({0.5, 1.0, 2.0}, DType::kFloat64)}, .differentiable = {true}},
      rng);
}

bool Resolution() {
  for (int digits = 2; digits <= 9; ++digits) {
    const GradientReport report = CheckSquare(std::pow(10, -digits));
    std::cout << "off by 1e-" << digits << ": "
              << (report.problem.empty() ? "accepted" : "rejected") << "\n";
  }
  return !CheckSquare(1e-5).problem.empty() && CheckSquare(0).problem.empty();
}
// #endregion resolution

// #region kink
bool Kink() {
  std::cout << "distance  central difference  relu'\n" << std::fixed << std::setprecision(3);
  const double h = 6e-6;
  bool as_expected = true;
  for (double steps : {0.0, 0.5, 1.0, 10.0}) {
    const double x = steps * h;
    auto at = [](double value) { return relu(tensor(value, DType::kFloat64)).item(); };
    const double difference = (at(x + h) - at(x - h)) / (2 * h);
    const double slope =
        grad(Function([](const Tensor& in) { return relu(in); }))(tensor(x, DType::kFloat64))
            .item();
    std::cout << std::setw(4) << std::setprecision(1) << steps << " h    " << std::setprecision(3)
              << std::setw(8) << difference << std::setw(17) << slope << "\n";
    as_expected &= std::abs(difference - std::min(1.0, (1 + steps) / 2)) < 1e-9;
  }
  return as_expected;
}
// #endregion kink

int main() {
  std::cout << "== weak\n";
  bool right = Weak();
  std::cout << "== resolution\n";
  right &= Resolution();
  std::cout << "== kink\n";
  right &= Kink();
  return right ? 0 : 1;
}

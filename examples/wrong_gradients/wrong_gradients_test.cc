// Judges gradients of softmax, right and wrong: by the derivative of the sum of its result, as many
// test suites do, and by that of its product with random numbers.
#include <iomanip>
#include <iostream>
#include <string>

#include "autograd/movement.h"
#include "gradcheck/gradcheck.h"
#include "ops/mul/mul.h"
#include "ops/softmax/softmax.h"
#include "tensor/create.h"

using namespace prova;

// #region plant
/// softmax whose gradient is what `change` makes of the right one.
using Change = Tensor (*)(const Tensor& dx, const Tensor& y);

Tensor Planted(const Tensor& x, Change change) {
  return Record("planted", {x}, no_grad([&] { return softmax(x); }),
                [change](const Tensor& dy, const Saved& saved) -> Tensors {
                  const Tensor& y = saved.output();
                  return {change(softmax_backward(dy, y), y)};
                });
}
// #endregion plant

// #region check
/// What the checker says of a gradient contracted with `cotangent`, random where undefined.
GradientReport Judge(Change change, const Tensor& cotangent) {
  Rng rng(1);
  const GradientCheck check = {.f = [change](const Tensors& in) { return Planted(in[0], change); },
                               .inputs = {randn({3, 3}, rng, {.dtype = DType::kFloat64})},
                               .differentiable = {true},
                               .cotangent = cotangent};
  return CheckGradient(check, rng);
}
// #endregion check

int main() {
  const std::pair<const char*, Change> changes[] = {
      {"right", [](const Tensor& dx, const Tensor&) { return dx; }},
      {"negated", [](const Tensor& dx, const Tensor&) { return dx * -1.0; }},
      {"doubled", [](const Tensor& dx, const Tensor&) { return dx * 2.0; }},
      {"zero", [](const Tensor& dx, const Tensor&) { return dx * 0.0; }},
      {"times y", [](const Tensor& dx, const Tensor& y) { return dx * y; }},
      {"transposed",
       [](const Tensor& dx, const Tensor&) {
         return permute(dx, {1, 0});
       }},
      {"off by 0.1 %", [](const Tensor& dx, const Tensor&) { return dx * 1.001; }},
  };
  const Tensor sum_of_all = ones({3, 3}, {.dtype = DType::kFloat64});
  bool as_expected = true;
  std::cout << std::left << std::setw(14) << "gradient" << std::setw(10) << "sum" << std::setw(14)
            << "signal guard"
            << "random cotangent\n"
            << std::setprecision(2);
  for (const auto& [name, change] : changes) {
    const GradientReport blind = Judge(change, sum_of_all), seeing = Judge(change, {});
    const bool accepted = blind.largest_error <= blind.tolerance;
    const bool refused = blind.problem.starts_with("signal guard");
    const bool holds = seeing.problem.empty() && seeing.mutants_killed == seeing.mutants;
    std::cout << std::setw(14) << name << std::setw(10) << (accepted ? "accepted" : "rejected")
              << std::setw(14) << (refused ? "refuses" : "silent");
    if (holds) std::cout << "accepted, " << seeing.mutants_killed << " mutants rejected\n";
    if (!holds) std::cout << "rejected, off by " << seeing.largest_error << "\n";
    as_expected &= accepted && refused && holds == (name == std::string("right"));
  }
  return as_expected ? 0 : 1;
}

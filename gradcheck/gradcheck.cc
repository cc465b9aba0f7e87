#include "gradcheck/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "autograd/accumulate.h"
#include "autograd/movement.h"
#include "base/error.h"
#include "base/text.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

constexpr double kStep = 6e-6;               // about eps^(1/3)
constexpr double kRelativeTolerance = 1e-7;  // of the size of the summands of <f(x), v>
constexpr double kSignal = 100;

struct Inner {
  double value = 0;
  double magnitude = 0;  // the sum of absolute terms: what rounding is relative to
};

Inner Contract(const Tensor& y, const Tensor& v) {
  const std::vector<double> a = y.to_vector<double>(), b = v.to_vector<double>();
  Inner inner;
  for (size_t i = 0; i < a.size(); ++i) {
    inner.value += a[i] * b[i];
    inner.magnitude += std::abs(a[i] * b[i]);
  }
  return inner;
}

/// d<f(x), v>/dx_i for each element of each differentiable input.
std::vector<std::vector<double>> Differences(const GradientCheck& check, const Tensor& v) {
  NoGrad no_grad;
  std::vector<std::vector<double>> result(check.inputs.size());
  for (size_t k = 0; k < check.inputs.size(); ++k) {
    if (!check.differentiable[k]) continue;
    const std::vector<double> x = check.inputs[k].to_vector<double>();
    auto at = [&](size_t i, double value) {
      std::vector<double> moved = x;
      moved[i] = value;
      Tensors inputs = check.inputs;
      inputs[k] = from_vector(moved, check.inputs[k].shape());
      return Contract(check.f(inputs), v).value;
    };
    for (size_t i = 0; i < x.size(); ++i) {
      // The step as it is represented, so that the quotient divides by what was really taken.
      const double h = kStep * std::max(1.0, std::abs(x[i]));
      const double above = x[i] + h, below = x[i] - h;
      result[k].push_back((at(i, above) - at(i, below)) / (above - below));
    }
  }
  return result;
}

using Flat = std::vector<std::vector<double>>;

/// Missing gradients stay empty, but for inputs whose derivative is known to be zero.
Flat Flatten(const Tensors& gradients, const GradientCheck& check) {
  Flat flat;
  for (size_t k = 0; k < gradients.size(); ++k) {
    const bool zero = !check.zero.empty() && check.zero[k];
    flat.push_back(gradients[k].defined() ? gradients[k].to_vector<double>()
                   : zero                 ? std::vector<double>(check.inputs[k].numel(), 0.0)
                                          : std::vector<double>());
  }
  return flat;
}

/// The largest difference; NaN and missing gradients count as infinite.
double LargestError(const Flat& gradients, const Flat& differences) {
  double largest = 0;
  for (size_t k = 0; k < differences.size(); ++k) {
    if (differences[k].empty()) continue;
    if (gradients[k].size() != differences[k].size()) return INFINITY;
    for (size_t i = 0; i < differences[k].size(); ++i) {
      const double error = std::abs(gradients[k][i] - differences[k][i]);
      largest = error <= largest ? largest : (std::isnan(error) ? INFINITY : error);
    }
  }
  return largest;
}

double Largest(const std::vector<double>& values) {
  double largest = 0;
  for (double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

/// Runs every mutant of a gradient through the comparison that the gradient itself passed.
void KillMutants(const Flat& gradients, const Flat& differences, double tolerance,
                 GradientReport& report) {
  auto judge = [&](const std::string& name, const Flat& mutant) {
    ++report.mutants;
    if (LargestError(mutant, differences) > tolerance) {
      ++report.mutants_killed;
    } else if (report.problem.empty()) {
      report.problem = "mutant guard: the check accepts the gradient " + name;
    }
  };
  auto scaled = [&](double factor) {
    Flat mutant = gradients;
    for (auto& gradient : mutant) {
      for (double& value : gradient) value *= factor;
    }
    return mutant;
  };
  judge("scaled by 1.01", scaled(1.01));
  judge("negated", scaled(-1));
  judge("zeroed", scaled(0));
  for (size_t i = 0; i < gradients.size(); ++i) {
    for (size_t j = i + 1; j < gradients.size(); ++j) {
      // Equal gradients (of add, say) are not changed by a swap.
      if (differences[i].empty() || differences[i].size() != differences[j].size()) continue;
      double apart = 0;
      for (size_t k = 0; k < differences[i].size(); ++k) {
        apart = std::max(apart, std::abs(differences[i][k] - differences[j][k]));
      }
      if (apart <= kSignal * tolerance) continue;
      Flat mutant = gradients;
      std::swap(mutant[i], mutant[j]);
      judge(Cat("with inputs ", i, " and ", j, " swapped"), mutant);
    }
  }
}

}  // namespace

Tensors GradientsOf(const std::function<Tensor(const Tensors&)>& f, const Tensors& inputs,
                    const std::vector<bool>& differentiable, const Tensor& cotangent) {
  Tensors leaves = inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (differentiable[i]) leaves[i] = parameter(inputs[i]);
  }
  const Tensor y = f(leaves);
  const Gradients found = backward(Tensors{y}, {.cotangents = {cotangent}});
  Tensors gradients(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (differentiable[i] && found.contains(leaves[i])) gradients[i] = found[leaves[i]];
  }
  return gradients;
}

GradientReport CheckGradient(const GradientCheck& check, Rng& rng) {
  GradientReport report;
  const Tensor y = no_grad([&] { return check.f(check.inputs); });
  const Tensor v = check.cotangent.defined() ? check.cotangent
                                             : randn(y.shape(), rng, {.dtype = DType::kFloat64});
  const double magnitude = Contract(y, v).magnitude;
  const Flat differences = Differences(check, v);
  for (const auto& values : differences) {
    report.largest_derivative = std::max(report.largest_derivative, Largest(values));
  }
  report.tolerance = kRelativeTolerance * std::max({1.0, magnitude, report.largest_derivative});

  const Flat gradients =
      Flatten(check.gradient ? check.gradient(check.inputs, v)
                             : GradientsOf(check.f, check.inputs, check.differentiable, v),
              check);
  report.largest_error = LargestError(gradients, differences);
  if (!(report.largest_error <= report.tolerance)) {
    report.problem = Cat("the gradient differs from central differences by ", report.largest_error,
                         "; tolerance ", report.tolerance);
    return report;
  }
  for (size_t k = 0; k < differences.size(); ++k) {
    if (differences[k].empty()) continue;
    if (!check.zero.empty() && check.zero[k]) {
      if (Largest(differences[k]) <= report.tolerance) continue;
      report.problem =
          Cat("the derivative with respect to input ", k, " is said to be zero and is ",
              Largest(differences[k]), "; tolerance ", report.tolerance);
      return report;
    }
    if (Largest(differences[k]) < kSignal * report.tolerance) {
      report.problem = Cat("signal guard: the derivative with respect to input ", k, " is ",
                           Largest(differences[k]), ", below 100 times the tolerance ",
                           report.tolerance, "; the check could not see an error");
      return report;
    }
  }
  KillMutants(gradients, differences, report.tolerance, report);
  return report;
}

GradientReport CheckSecondOrder(const GradientCheck& check, const std::vector<bool>& affine,
                                Rng& rng) {
  const size_t n = check.inputs.size();
  const Tensor y = no_grad([&] { return check.f(check.inputs); });
  const Tensor v = check.cotangent.defined() ? check.cotangent
                                             : randn(y.shape(), rng, {.dtype = DType::kFloat64});
  // Fixed cotangents turn the gradients of all inputs into one number; they are flattened and
  // stacked end to end so that the first-order checker can contract them again.
  Tensors weights(n);
  for (size_t i = 0; i < n; ++i) {
    if (check.differentiable[i]) {
      weights[i] = randn(check.inputs[i].shape(), rng, {.dtype = DType::kFloat64});
    }
  }
  GradientCheck second;
  second.f = [&](const Tensors& xs) {
    // The vector-Jacobian product as a function of the inputs and, last, of its cotangent.
    ScopedRecording on(true);
    Tensors entered(xs.begin(), xs.end() - 1);
    for (size_t i = 0; i < n; ++i) {
      if (check.differentiable[i] && !is_tracked(entered[i])) entered[i] = parameter(entered[i]);
    }
    const Tensor result = check.f(entered);
    const Gradients found = backward(
        Tensors{result},
        {.cotangents = {xs.back()}, .create_graph = true, .wrt = entered, .wrt_independent = true});
    Tensor total;
    for (size_t i = 0; i < n; ++i) {
      if (!check.differentiable[i] || !found.contains(entered[i])) continue;
      const Tensor& gradient = found[entered[i]];
      const Tensor& weight = weights[i];
      const Tensor term = Record("contract", {gradient},
                                 full({}, Contract(gradient, weight).value, {DType::kFloat64}),
                                 [weight](const Tensor& dy, const Saved&) -> Tensors {
                                   std::vector<double> scaled = weight.to_vector<double>();
                                   for (double& value : scaled) value *= dy.item();
                                   return {from_vector(scaled, weight.shape())};
                                 });
      total = total.defined() ? Accumulate(total, term) : term;
    }
    return total;
  };
  second.inputs = check.inputs;
  second.inputs.push_back(v);
  second.differentiable = check.differentiable;
  second.differentiable.push_back(true);
  second.zero = affine;
  second.zero.push_back(false);
  second.cotangent = ones({}, {.dtype = DType::kFloat64});
  return CheckGradient(second, rng);
}

}  // namespace prova

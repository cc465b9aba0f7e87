#include <algorithm>
#include <cmath>
#include <numbers>

#include "gradcheck/ulp_sweep.h"
#include "ops/gelu/gelu.h"

namespace {

/// Far below, both forms are 0; the limit keeps -inf from meeting 0.
double Exact(double x) {
  x = std::max(x, -100.0);
  return x * 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double ExactTanhForm(double x) {
  x = std::max(x, -100.0);
  const double u = std::numbers::sqrt2 * std::numbers::inv_sqrtpi * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * u));
}

}  // namespace

int main() {
  using prova::GeluForm, prova::Tensor;
  prova::SweepEveryFloat(
      {{"gelu", [](const Tensor& x) { return prova::gelu(x, GeluForm::kExact); }, Exact},
       {"gelu_tanh", [](const Tensor& x) { return prova::gelu(x, GeluForm::kTanh); },
        ExactTanhForm}});
}

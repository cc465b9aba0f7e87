#include "gradcheck/exact.h"

#include <algorithm>
#include <cmath>

#include "tensor/strided.h"

namespace prova {
namespace {

double SmallestSubnormal(DType dtype) {
  switch (dtype) {
    case DType::kFloat16: return 0x1p-24;
    case DType::kBFloat16: return 0x1p-133;
    case DType::kFloat32: return 0x1p-149;
    default: return 0x1p-1074;
  }
}

}  // namespace

Rng CaseRng(const std::string& name, uint64_t seed) {
  uint64_t hash = seed + 1;
  for (char c : name) hash = hash * 131 + static_cast<unsigned char>(c);
  return Rng(hash);
}

Tensors Exactly(const Tensors& inputs) {
  Tensors exact;
  for (const Tensor& x : inputs) {
    const Tensor here = To(x, kCpu);
    exact.push_back(IsFloating(x.dtype()) ? Cast(here, DType::kFloat64) : here);
  }
  return exact;
}

Tensor ExactResult(const OpCase& sample, const Tensors& inputs) {
  const ScopedDevice here(kCpu);
  const ScopedKernels reference(Where::kReference);
  return sample.run(Exactly(inputs));
}

Deviation WorstDeviation(const Tensor& actual, const Tensor& exact, const Tolerance& tolerance) {
  const std::vector<double> a = actual.to_vector<double>(), e = exact.to_vector<double>();
  double relative = 0, floor = 0;
  if (IsFloating(actual.dtype())) {
    const DType computed_in = ComputeType(actual.dtype());
    relative = tolerance.epsilons * Epsilon(computed_in);
    if (computed_in != actual.dtype()) relative += Epsilon(actual.dtype()) / 2;
    floor = std::max(1.0, tolerance.epsilons) * SmallestSubnormal(actual.dtype());
  }
  double largest = 0;
  for (double value : e) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  Deviation worst;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(e[i]) ? std::isnan(a[i]) : a[i] == e[i]) continue;
    const bool element = tolerance.scale == Tolerance::Scale::kElement;
    const double allowed = relative * (element ? std::abs(e[i]) : largest) + floor;
    const double error = std::abs(a[i] - e[i]);
    const bool agrees = std::isfinite(e[i]) && error <= allowed;
    const bool comparable = std::isfinite(error) && allowed > 0;
    const double ratio = comparable ? error / allowed : INFINITY;
    // What fails comes before what holds, wherever rounding puts its ratio.
    if (worst.element >= 0 && (agrees > worst.agrees || ratio <= worst.ratio)) continue;
    worst = {static_cast<int64_t>(i), a[i], e[i], error, allowed, agrees, ratio};
  }
  return worst;
}

}  // namespace prova

#include <iostream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "gradcheck/compare.h"
#include "gradcheck/each_kernel.h"
#include "gradcheck/spec.h"

namespace prova {
namespace {

/// How far a result is from the exact one: the least tolerance, in epsilons, that accepts it.
double Error(const Tensor& actual, const Tensor& exact, Tolerance tolerance) {
  const double allowed = tolerance.epsilons;
  auto accepts = [&](double epsilons) {
    tolerance.epsilons = epsilons;
    return static_cast<bool>(Agrees(actual, exact, tolerance));
  };
  double low = 0, high = allowed;
  if (accepts(low)) return 0;
  while (!accepts(high) && high < 1e6) high = 2 * high + 1;
  while (high - low > 1e-3 * high) {
    const double middle = (low + high) / 2;
    (accepts(middle) ? high : low) = middle;
  }
  return high;
}

/// The case that a kernel is worst at, beside what the tests allow it.
struct Worst {
  double error = -1;
  double tolerance = 1;
  std::string sample;
};

using Key = std::pair<std::string, std::string>;  // dtype, kernel

std::map<Key, Worst> WorstCases(const OpSpec& spec) {
  std::map<Key, Worst> worst;
  for (const OpCase& sample : spec.cases) {
    for (DType dtype : spec.dtypes) {
      if (!IsFloating(dtype)) continue;
      Rng rng = CaseRng(sample.name);
      const Tensors inputs = MakeInputs(sample.inputs, dtype, rng);
      const Tensor exact = [&] {
        ScopedKernels reference(Where::kReference);
        return sample.run(Exactly(inputs));
      }();
      ForEachKernel(spec, dtype, [&](const std::string& kernel) {
        const double allowed = sample.tolerance.epsilons;
        const double error = Error(sample.run(inputs), exact, sample.tolerance);
        Worst& seen = worst[{ToString(dtype), kernel}];
        if (error * seen.tolerance > seen.error * allowed) seen = {error, allowed, sample.name};
      });
    }
  }
  return worst;
}

}  // namespace
}  // namespace prova

/// Prints, for each kernel of each operation, the largest share of its tolerance that a case uses.
int main() {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const prova::NamedSpec& named : prova::AllSpecs()) {
    for (const auto& [key, worst] : prova::WorstCases(named.make())) {
      rows.push_back({{"op", named.name},
                      {"dtype", key.first},
                      {"kernel", key.second},
                      {"case", worst.sample},
                      {"error", worst.error},
                      {"tolerance", worst.tolerance}});
    }
  }
  std::cout << nlohmann::ordered_json{{"rows", rows}}.dump(1) << '\n';
}

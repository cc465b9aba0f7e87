#include "bench/peers.h"

#include <cmath>
#include <limits>

#include "tensor/create.h"

namespace prova {

Tensor PeerWork::Output() const { return memory.defined() ? memory : empty_like(result); }

double Disagreement(const Tensor& expected, const Tensor& y) {
  if (expected.shape() != y.shape()) return std::numeric_limits<double>::infinity();
  const std::vector<double> want = expected.to_vector<double>();
  const std::vector<double> have = y.to_vector<double>();
  double largest = 0, difference = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i] == have[i]) continue;  // Equal infinities have no difference.
    const double distance = std::abs(want[i] - have[i]);
    if (std::isnan(distance)) return distance;
    difference = std::max(difference, distance);
  }
  for (double value : want) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  return difference == 0 ? 0 : difference / largest;
}

}  // namespace prova

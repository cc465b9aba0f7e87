#include <cmath>
#include <cstdio>

#include "autograd/functional.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

// The loss of two classes over the lead of the right one, and its slope.
int main() {
  bool is_right = true;
  std::printf("lead   loss   slope   loss 0.1   slope 0.1\n");
  // #region curve
  const Tensor label = tensor(0);
  for (double lead = -6; lead <= 6; lead += 0.5) {
    const Tensor z = tensor({lead, 0.0});
    for (double smoothing : {0.0, 0.1}) {
      auto loss = [&](const Tensor& z) {
        return cross_entropy(z, label, {.label_smoothing = smoothing});
      };
      const double value = loss(z).item<double>();
      const double slope = grad(loss)(z).to_vector<double>()[0];
      if (smoothing == 0) std::printf("%4.1f", lead);
      std::printf("   %.3f  %+.3f", value, slope);
      const double p = 1 / (1 + std::exp(-lead)), q = 1 - smoothing / 2;
      is_right = is_right && std::abs(slope - (p - q)) < 1e-6;
    }
    std::printf("\n");
  }
  // #endregion curve
  return is_right ? 0 : 1;
}

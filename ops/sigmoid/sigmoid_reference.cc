#include <cmath>

#include "ops/sigmoid/sigmoid_kernels.h"

namespace prova::reference {

// #region reference
void Sigmoid(const UnaryArgs& args) {
  MapFloats(args, [](auto x) {
    // Of 1 / (1 + e^-x) = e^x / (1 + e^x), the form whose power is at most 1.
    const auto e = std::exp(-std::abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  });
}

void SigmoidBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto dy, auto y) { return dy * (y * (1 - y)); });
}
// #endregion reference

}  // namespace prova::reference

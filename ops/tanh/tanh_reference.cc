#include <cmath>

#include "ops/tanh/tanh_kernels.h"

namespace prova::reference {

// #region reference
void Tanh(const UnaryArgs& args) {
  MapFloats(args, [](auto x) { return std::tanh(x); });
}

void TanhBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto dy, auto y) { return dy * ((1 - y) * (1 + y)); });
}
// #endregion reference

}  // namespace prova::reference

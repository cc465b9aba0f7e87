#include "ops/relu/relu_kernels.h"

namespace prova::reference {

// #region reference
void Relu(const UnaryArgs& args) {
  // Asked this way around, NaN is passed on.
  MapFloats(args, [](auto x) { return x <= 0 ? 0 : x; });
}

void ReluBackward(const BinaryArgs& args) {
  MapFloats(args, [](auto dy, auto x) { return x > 0 ? dy : 0; });
}
// #endregion reference

}  // namespace prova::reference

#include "ops/div/div_kernels.h"

namespace prova::reference {

// #region reference
void Div(const BinaryArgs& args) {
  MapFloats(args, [](auto a, auto b) { return a / b; });
}
// #endregion reference

}  // namespace prova::reference

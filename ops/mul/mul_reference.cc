#include "ops/mul/mul_kernels.h"

namespace prova::reference {

// #region reference
void Mul(const BinaryArgs& args) {
  MapNumbers(args, [](auto a, auto b) {
    using T = decltype(a);
    using W = WrappingType<T>;
    return static_cast<T>(W(a) * W(b));
  });
}
// #endregion reference

}  // namespace prova::reference

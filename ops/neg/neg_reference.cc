#include "ops/neg/neg_kernels.h"

namespace prova::reference {

// #region reference
void Neg(const UnaryArgs& args) {
  MapNumbers(args, [](auto x) {
    using T = decltype(x);
    return static_cast<T>(-WrappingType<T>(x));
  });
}
// #endregion reference

}  // namespace prova::reference

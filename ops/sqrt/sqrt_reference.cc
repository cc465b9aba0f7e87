#include <cmath>

#include "ops/sqrt/sqrt_kernels.h"

namespace prova::reference {

// #region reference
void Sqrt(const UnaryArgs& args) {
  MapFloats(args, [](auto x) { return std::sqrt(x); });
}
// #endregion reference

}  // namespace prova::reference

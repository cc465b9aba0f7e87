#include <cmath>

#include "ops/exp/exp_kernels.h"

namespace prova::reference {

// #region reference
void Exp(const UnaryArgs& args) {
  MapFloats(args, [](auto x) { return std::exp(x); });
}
// #endregion reference

}  // namespace prova::reference

#include <cmath>

#include "ops/log/log_kernels.h"

namespace prova::reference {

// #region reference
void Log(const UnaryArgs& args) {
  MapFloats(args, [](auto x) { return std::log(x); });
}
// #endregion reference

}  // namespace prova::reference

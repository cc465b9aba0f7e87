#include "ops/add/add_kernels.h"

namespace prova::reference {

// #region reference
void Add(const BinaryArgs& args) {
  MapNumbers(args, [](auto a, auto b) { return static_cast<decltype(a)>(a + b); });
}
// #endregion reference

}  // namespace prova::reference

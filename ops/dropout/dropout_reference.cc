#include "ops/dropout/dropout_kernels.h"

namespace prova::reference {

// #region reference
void Dropout(const DropoutArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* x = static_cast<const T*>(args.x);
    T* y = static_cast<T*>(args.y);
    for (int64_t i = 0; i < args.n; ++i) {
      const uint32_t word = args.blocks[i / 4][i % 4];
      const bool kept = static_cast<int32_t>(word >> 8) >= args.threshold;
      y[i] = kept ? x[i] * static_cast<T>(args.scale) : T(0);
    }
  });
}
// #endregion reference

}  // namespace prova::reference

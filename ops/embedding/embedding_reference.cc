#include "ops/embedding/embedding_kernels.h"

namespace prova::reference {

// #region reference
void Embedding(const EmbeddingArgs& args) {
  for (int64_t i = 0; i < args.count; ++i) {
    for (int64_t k = 0; k < args.row_bytes; ++k) {
      args.y[i * args.row_bytes + k] = args.weight[args.index[i] * args.row_bytes + k];
    }
  }
}
// #endregion reference

// #region reference_backward
void EmbeddingBackward(const EmbeddingBackwardArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* dy = static_cast<const T*>(args.dy);
    T* dweight = static_cast<T*>(args.dweight);
    for (int64_t row = 0; row < args.rows; ++row) {
      for (int64_t c = 0; c < args.dim; ++c) {
        double total = 0;
        for (int64_t k = args.starts[row]; k < args.starts[row + 1]; ++k) {
          total += dy[args.order[k] * args.dim + c];
        }
        dweight[row * args.dim + c] = static_cast<T>(total);
      }
    }
  });
}
// #endregion reference_backward

}  // namespace prova::reference

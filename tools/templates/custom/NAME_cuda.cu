#include "ops/${name}/${name}_kernels.h"
#include "ops/common/rows_cuda.h"

namespace prova::cuda {
namespace {

// #region cuda
template <typename T>
struct ${Name}OfRow {
  const T* x;
  T* y;

  template <typename Row>
  __device__ void operator()(const Row& row) const {
    // FILL IN: the row, which neighbouring threads hold together; here it is copied.
    const auto in = row.Load(x);
    row.Store(y, [&](auto k) { return in[k]; });
  }
};
// #endregion cuda

}  // namespace

void $Name(const RowsArgs& args) { MapRows<${Name}OfRow>(args); }

}  // namespace prova::cuda

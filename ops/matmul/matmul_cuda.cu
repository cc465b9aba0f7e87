#include "ops/common/gemm_hopper_cuda.h"
#include "ops/common/gemv_cuda.h"
#include "ops/matmul/matmul_kernels.h"

namespace prova::cuda {
namespace {

ProductSize SizeOf(const MatmulArgs& args) { return {args.batches, args.m, args.n, args.k}; }

// #region cuda
template <typename T>
Strided<T> RowsOfA(const MatmulArgs& args) {
  return MatricesOf<T>(args.a, args.m, args.k, args.a_row, args.a_col, args.batch, 0);
}
template <typename T>
Strided<T> ColumnsOfB(const MatmulArgs& args) {
  return MatricesOf<T>(args.b, args.n, args.k, args.b_col, args.b_row, args.batch, 1);
}

template <typename T>
void MultiplyOnCores(const MatmulArgs& args) {
  const ProductSize of = SizeOf(args);
  MultiplyOnCores<kCoreElementOf<T>>(
      PlanCores(of), of,
      CoreMatricesOf<T>(args.a, args.m, args.k, args.a_row, args.a_col, args.batch, 0),
      CoreMatricesOf<T>(args.b, args.n, args.k, args.b_col, args.b_row, args.batch, 1),
      RowMajor<T>(args.y, of));
}

}  // namespace

int64_t MatmulWorkspace(const MatmulArgs& args) {
  int64_t bytes = 0;
  if (args.on_cores) return bytes;
  VisitAllNumbers(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = SizeOf(args);
    bytes = PartialBytes<T>(PlanMatrices(of, RowsOfA<T>(args), ColumnsOfB<T>(args)), of);
  });
  return bytes;
}

void Matmul(const MatmulArgs& args) {
  if (args.on_cores) {
    return VisitCoreFloats(
        args.dtype, [&](auto type) { MultiplyOnCores<typename decltype(type)::type>(args); });
  }
  VisitAllNumbers(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = SizeOf(args);
    MultiplyMatrices(of, RowsOfA<T>(args), ColumnsOfB<T>(args), RowMajor<T>(args.y, of),
                     args.workspace);
  });
}
// #endregion cuda

}  // namespace prova::cuda

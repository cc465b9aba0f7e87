#include "ops/common/gemv_cuda.h"
#include "ops/gelu/gelu_kernels.h"
#include "ops/linear/linear_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
/// Rows of y: the bias is added, and relu applied, as a sum leaves the registers.
template <typename T>
struct LayerRows : RowMajor<T> {
  LayerRows(const LinearArgs& args, const ProductSize& of)
      : RowMajor<T>(args.y, of),
        bias(static_cast<const T*>(args.bias)),
        has_relu(args.activation == Activation::kRelu) {}
  __device__ __forceinline__ T Finish(T sum, int64_t, int64_t, int64_t col) const {
    if (bias != nullptr) sum += bias[col];
    return has_relu && sum <= 0 ? T(0) : sum;
  }

  const T* bias;
  bool has_relu;
};

ProductSize SizeOf(const LinearArgs& args) { return {1, args.rows, args.out, args.in}; }

template <typename T>
Strided<T> RowsOf(const void* first, int64_t rows, int64_t in) {
  return MatricesOf<T>(first, rows, in, in, 1, {}, 0);
}

}  // namespace

int64_t LinearWorkspace(const LinearArgs& args) {
  int64_t bytes = 0;
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = SizeOf(args);
    const auto x = RowsOf<T>(args.x, args.rows, args.in);
    const auto weight = RowsOf<T>(args.weight, args.out, args.in);
    bytes = PartialBytes<T>(PlanMatrices(of, x, weight), of);
  });
  return bytes;
}

void Linear(const LinearArgs& args) {
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = SizeOf(args);
    MultiplyMatrices(of, RowsOf<T>(args.x, args.rows, args.in),
                     RowsOf<T>(args.weight, args.out, args.in), LayerRows<T>(args, of),
                     args.workspace);
  });
  const int64_t n = args.rows * args.out;
  // Inlined for each of a thread's sums it would be most of the kernel; a pass reads y from L2.
  if (args.activation == Activation::kGelu && n > 0) Gelu({args.dtype, args.y, args.y, n});
}
// #endregion cuda

}  // namespace prova::cuda

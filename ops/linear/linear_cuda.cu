#include "ops/common/gemv_cuda.h"
#include "ops/gelu/gelu_cuda.h"
#include "ops/linear/linear_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
/// A function by itself: written out for each of a thread's sums it would be most of the kernel.
template <typename T>
__device__ __attribute__((noinline)) T Gelu(T x) {
  return ExactGelu(x);
}

/// Rows of y: the bias is added, and the activation applied, as a sum leaves the registers.
template <typename T>
struct LayerRows : RowMajor<T> {
  LayerRows(const LinearArgs& args, const ProductSize& of)
      : RowMajor<T>(args.y, of),
        bias(static_cast<const T*>(args.bias)),
        activation(args.activation) {}
  __device__ __forceinline__ T Finish(T sum, int64_t, int64_t, int64_t col) const {
    if (bias != nullptr) sum += bias[col];
    switch (activation) {
      case Activation::kNone: return sum;
      case Activation::kRelu: return sum <= 0 ? T(0) : sum;
      case Activation::kGelu: return Gelu(sum);
    }
    return sum;
  }

  const T* bias;
  Activation activation;
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
}
// #endregion cuda

}  // namespace prova::cuda

#include "ops/common/gemm_hopper_cuda.h"
#include "ops/common/gemv_cuda.h"
#include "ops/gelu/gelu_cuda.h"
#include "ops/gelu/gelu_kernels.h"
#include "ops/linear/linear_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
/// A function by itself: written out for each of a thread's sums it would be most of the kernel.
template <typename T>
__device__ __attribute__((noinline)) T GeluOf(T x) {
  return ExactGelu(x);
}

/// Rows of y: the bias is added, and the activation applied, as a sum leaves the registers. Calls
/// would interrupt tensor cores: of their kernel gelu is left out.
template <typename T, typename Bias = T, bool applies_gelu = true>
struct LayerRows : RowMajor<T> {
  LayerRows(const LinearArgs& args, const ProductSize& of)
      : RowMajor<T>(args.y, of),
        bias(static_cast<const Bias*>(args.bias)),
        activation(args.activation) {}
  __device__ __forceinline__ T Finish(SumOf<T> sum, int64_t, int64_t, int64_t col) const {
    if (bias != nullptr) sum += static_cast<SumOf<T>>(bias[col]);
    if (activation == Activation::kRelu) sum = sum <= 0 ? SumOf<T>(0) : sum;
    if constexpr (applies_gelu) {
      if (activation == Activation::kGelu) sum = GeluOf(sum);
    }
    return static_cast<T>(sum);
  }

  const Bias* bias;
  Activation activation;
};

ProductSize SizeOf(const LinearArgs& args) { return {1, args.rows, args.out, args.in}; }

template <typename T>
Strided<T> RowsOf(const void* first, int64_t rows, int64_t in) {
  return MatricesOf<T>(first, rows, in, in, 1, {}, 0);
}

/// Calls multiply(y) with the rows that sums go to: what gelu is applied to is not rounded to 16
/// bits.
template <typename T, bool applies_gelu, typename Multiply>
void WithRows(const LinearArgs& args, const ProductSize& of, Multiply&& multiply) {
  if (args.activation == Activation::kGelu) {
    return multiply(LayerRows<SumOf<T>, T, applies_gelu>(args, of));
  }
  multiply(LayerRows<T, T, applies_gelu>(args, of));
}

void LinearOnCores(const LinearArgs& args) {
  const ProductSize of = SizeOf(args);
  VisitCoreFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const auto x = CoreMatricesOf<T>(args.x, args.rows, args.in, args.x_step, 1, {}, 0);
    const auto weight =
        CoreMatricesOf<T>(args.weight, args.out, args.in, args.weight_step, 1, {}, 0);
    WithRows<T, false>(args, of, [&](const auto& y) {
      MultiplyOnCores<kCoreElementOf<T>>(PlanCores(of), of, x, weight, y);
    });
  });
  const int64_t n = args.rows * args.out;
  if (args.activation == Activation::kGelu) Gelu({DType::kFloat32, args.y, args.y, n});
}

}  // namespace

int64_t LinearWorkspace(const LinearArgs& args) {
  int64_t bytes = 0;
  if (args.on_cores) return bytes;
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = SizeOf(args);
    const auto x = RowsOf<T>(args.x, args.rows, args.in);
    const auto weight = RowsOf<T>(args.weight, args.out, args.in);
    bytes = PartialBytes<T>(PlanMatrices(of, x, weight), of);
  });
  return bytes;
}

void Linear(const LinearArgs& args) {
  if (args.on_cores) return LinearOnCores(args);
  const ProductSize of = SizeOf(args);
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    WithRows<T, true>(args, of, [&](const auto& y) {
      MultiplyMatrices(of, RowsOf<T>(args.x, args.rows, args.in),
                       RowsOf<T>(args.weight, args.out, args.in), y, args.workspace);
    });
  });
}
// #endregion cuda

}  // namespace prova::cuda

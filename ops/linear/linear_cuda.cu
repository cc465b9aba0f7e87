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

template <typename T>
void MultiplyOnCores(const LinearArgs& args) {
  const ProductSize of = SizeOf(args);
  const auto x = CoreMatricesOf<T>(args.x, args.rows, args.in, args.x_step, 1, {}, 0);
  const auto weight = CoreMatricesOf<T>(args.weight, args.out, args.in, args.weight_step, 1, {}, 0);
  const CorePlan plan = PlanCores(of);
  if (args.activation == Activation::kGelu) {
    MultiplyOnCores<kCoreElementOf<T>>(plan, of, x, weight, LayerRows<float, T, false>(args, of));
    const int64_t n = args.rows * args.out;
    Gelu({DType::kFloat32, args.y, args.y, n});
  } else {
    MultiplyOnCores<kCoreElementOf<T>>(plan, of, x, weight, LayerRows<T, T, false>(args, of));
  }
}

}  // namespace

int64_t LinearWorkspace(const LinearArgs& args) {
  int64_t bytes = 0;
  if (args.on_cores) return bytes;
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
  if (args.on_cores) {
    VisitCoreFloats(args.dtype,
                    [&](auto type) { MultiplyOnCores<typename decltype(type)::type>(args); });
    return;
  }
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

#pragma once

#include "ops/common/kernel_table.h"
#include "ops/linear/linear.h"

namespace prova {

/// y = activation(x weightᵀ + bias).
struct LinearArgs {
  DType dtype;
  const void* x;       // [rows, in]
  const void* weight;  // [out, in]
  const void* bias;    // [out], or null
  void* y;             // [rows, out], on tensor cores before gelu of float32
  int64_t rows;
  int64_t in;
  int64_t out;
  Activation activation;
  // A GPU's tensor cores take 16 bits as they are, or round float32 to tf32, and elements x_step
  // and weight_step from row to row. Elsewhere rows follow one another.
  bool on_cores = false;
  int64_t x_step = 0, weight_step = 0;
  void* workspace = nullptr;  // cuda::LinearWorkspace bytes
};
using LinearFn = void (*)(const LinearArgs&);

namespace reference {
void Linear(const LinearArgs& args);
}
namespace simd {
void Linear(const LinearArgs& args);
}
namespace cuda {
/// Bytes for sums of parts of long rows.
PROVA_LINKED int64_t LinearWorkspace(const LinearArgs& args);
PROVA_LINKED void Linear(const LinearArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<LinearFn> kLinearKernels[] = {
    {Where::kCuda, cuda::Linear},
    {Where::kSimd, simd::Linear},
    {Where::kReference, reference::Linear},
};

}  // namespace prova

#pragma once

#include "ops/common/kernel_table.h"
#include "ops/linear/linear.h"

namespace prova {

/// y = activation(x weightᵀ + bias).
struct LinearArgs {
  DType dtype;         // of 16 bits only for tensor cores, and for vectors on a GPU
  const void* x;       // [rows, in]
  const void* weight;  // [out, in]
  const void* bias;    // [out], or null
  void* y;             // [rows, out]; before gelu of 16 bits it is float32
  int64_t rows;
  int64_t in;
  int64_t out;
  Activation activation;
  // A GPU's tensor cores round float32 to tf32, and find rows x_step and weight_step elements from
  // each other. Elsewhere rows follow one another.
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

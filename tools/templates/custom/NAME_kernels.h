#pragma once

#include "ops/common/kernel_table.h"

namespace prova {

/// y = f of each row of x.
struct ${Name}Args {
  DType dtype;
  const void* x;  // [rows, cols]
  void* y;        // [rows, cols]
  int64_t rows;
  int64_t cols;
};
using ${Name}Fn = void (*)(const ${Name}Args&);

namespace reference {
void $Name(const ${Name}Args& args);
}
namespace simd {
void $Name(const ${Name}Args& args);
}

inline constexpr KernelEntry<${Name}Fn> k${Name}Kernels[] = {
    PROVA_CUDA_ENTRY(cuda::$Name, kComputeFloats),
    {Where::kSimd, simd::$Name},
    {Where::kReference, reference::$Name},
};

}  // namespace prova

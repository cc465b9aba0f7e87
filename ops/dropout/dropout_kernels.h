#pragma once

#include "base/philox.h"
#include "ops/common/kernel_table.h"

namespace prova {

/// y[i] = x[i] * scale where the upper 24 bits of word i of the blocks reach `threshold`, else 0.
struct DropoutArgs {
  DType dtype;
  const void* x;  // [n]
  void* y;        // [n]
  int64_t n;
  PhiloxBlocks blocks;  // block i has the words of elements 4i..4i+3
  int32_t threshold;    // 0..2^24
  double scale;
};
using DropoutFn = void (*)(const DropoutArgs&);

namespace reference {
void Dropout(const DropoutArgs& args);
}
namespace simd {
void Dropout(const DropoutArgs& args);
}
namespace cuda {
PROVA_LINKED void Dropout(const DropoutArgs& args);
}

inline constexpr KernelEntry<DropoutFn> kDropoutKernels[] = {
    {Where::kCuda, cuda::Dropout, kAllFloats},
    {Where::kSimd, simd::Dropout},
    {Where::kReference, reference::Dropout},
};

}  // namespace prova

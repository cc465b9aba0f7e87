#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Exp(const UnaryArgs& args);
}
namespace simd {
void Exp(const UnaryArgs& args);
}

inline constexpr KernelEntry<UnaryFn> kExpKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Exp, kComputeFloats),
    {Where::kSimd, simd::Exp},
    {Where::kReference, reference::Exp},
};

}  // namespace prova

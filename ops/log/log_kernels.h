#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Log(const UnaryArgs& args);
}
namespace simd {
void Log(const UnaryArgs& args);
}

inline constexpr KernelEntry<UnaryFn> kLogKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Log, kComputeFloats),
    {Where::kSimd, simd::Log},
    {Where::kReference, reference::Log},
};

}  // namespace prova

#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Sqrt(const UnaryArgs& args);
}
namespace simd {
void Sqrt(const UnaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Sqrt(const UnaryArgs& args);
}

inline constexpr KernelEntry<UnaryFn> kSqrtKernels[] = {
    {Where::kCuda, cuda::Sqrt, kAllFloats},
    {Where::kSimd, simd::Sqrt},
    {Where::kReference, reference::Sqrt},
};

}  // namespace prova

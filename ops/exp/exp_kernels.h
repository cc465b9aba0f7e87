#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Exp(const UnaryArgs& args);
}
namespace simd {
void Exp(const UnaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Exp(const UnaryArgs& args);
}

inline constexpr KernelEntry<UnaryFn> kExpKernels[] = {
    {Where::kCuda, cuda::Exp, kAllFloats},
    {Where::kSimd, simd::Exp},
    {Where::kReference, reference::Exp},
};

}  // namespace prova

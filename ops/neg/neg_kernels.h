#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Neg(const UnaryArgs& args);
}
namespace simd {
void Neg(const UnaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Neg(const UnaryArgs& args);
}

inline constexpr KernelEntry<UnaryFn> kNegKernels[] = {
    {Where::kCuda, cuda::Neg, kAllNumbers},
    {Where::kSimd, simd::Neg, kComputeNumbers},
    {Where::kReference, reference::Neg, kComputeNumbers},
};

}  // namespace prova

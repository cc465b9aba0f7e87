#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Sub(const BinaryArgs& args);
}
namespace simd {
void Sub(const BinaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Sub(const BinaryArgs& args);
}

inline constexpr KernelEntry<BinaryFn> kSubKernels[] = {
    {Where::kCuda, cuda::Sub, kAllNumbers},
    {Where::kSimd, simd::Sub, kComputeNumbers},
    {Where::kReference, reference::Sub, kComputeNumbers},
};

}  // namespace prova

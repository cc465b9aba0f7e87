#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Mul(const BinaryArgs& args);
}
namespace simd {
void Mul(const BinaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Mul(const BinaryArgs& args);
}

inline constexpr KernelEntry<BinaryFn> kMulKernels[] = {
    {Where::kCuda, cuda::Mul, kAllNumbers},
    {Where::kSimd, simd::Mul, kComputeNumbers},
    {Where::kReference, reference::Mul, kComputeNumbers},
};

}  // namespace prova

#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Add(const BinaryArgs& args);
}
namespace simd {
void Add(const BinaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Add(const BinaryArgs& args);
}

inline constexpr KernelEntry<BinaryFn> kAddKernels[] = {
    {Where::kCuda, cuda::Add, kAllNumbers},
    {Where::kSimd, simd::Add, kComputeNumbers},
    {Where::kReference, reference::Add, kComputeNumbers},
};

}  // namespace prova

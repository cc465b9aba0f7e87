#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Div(const BinaryArgs& args);
}
namespace simd {
void Div(const BinaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Div(const BinaryArgs& args);
}

inline constexpr KernelEntry<BinaryFn> kDivKernels[] = {
    {Where::kCuda, cuda::Div, kAllFloats},
    {Where::kSimd, simd::Div},
    {Where::kReference, reference::Div},
};

}  // namespace prova

#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void $Name(const UnaryArgs& args);
}
namespace simd {
void $Name(const UnaryArgs& args);
}
namespace cuda {
PROVA_LINKED void $Name(const UnaryArgs& args);
}

inline constexpr KernelEntry<UnaryFn> k${Name}Kernels[] = {
    {Where::kCuda, cuda::$Name, kAllFloats},
    {Where::kSimd, simd::$Name},
    {Where::kReference, reference::$Name},
};

}  // namespace prova

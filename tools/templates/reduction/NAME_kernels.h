#pragma once

#include "ops/common/reduce.h"

namespace prova {

namespace reference {
void $Name(const ReduceArgs& args);
}
namespace simd {
void $Name(const ReduceArgs& args);
}
namespace cuda {
PROVA_LINKED void $Name(const ReduceArgs& args);
}

inline constexpr KernelEntry<ReduceFn> k${Name}Kernels[] = {
    {Where::kCuda, cuda::$Name, kAllFloats},
    {Where::kSimd, simd::$Name},
    {Where::kReference, reference::$Name},
};

}  // namespace prova

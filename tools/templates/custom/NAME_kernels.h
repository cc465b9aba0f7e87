#pragma once

#include "ops/common/rows.h"

namespace prova {

namespace reference {
void $Name(const RowsArgs& args);
}
namespace simd {
void $Name(const RowsArgs& args);
}
namespace cuda {
PROVA_LINKED void $Name(const RowsArgs& args);
}

inline constexpr KernelEntry<RowsFn> k${Name}Kernels[] = {
    {Where::kCuda, cuda::$Name, kAllFloats},
    {Where::kSimd, simd::$Name},
    {Where::kReference, reference::$Name},
};

}  // namespace prova

#pragma once

#include "ops/common/pointwise.h"

namespace prova {

namespace reference {
void Log(const UnaryArgs& args);
}
namespace simd {
void Log(const UnaryArgs& args);
}
namespace cuda {
PROVA_LINKED void Log(const UnaryArgs& args);
}

inline constexpr KernelEntry<UnaryFn> kLogKernels[] = {
    {Where::kCuda, cuda::Log, kAllFloats},
    {Where::kSimd, simd::Log},
    {Where::kReference, reference::Log},
};

}  // namespace prova

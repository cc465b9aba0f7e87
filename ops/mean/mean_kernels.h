#pragma once

#include "ops/common/reduce.h"

namespace prova {

namespace reference {
void Mean(const ReduceArgs& args);
}
namespace simd {
void Mean(const ReduceArgs& args);
}
namespace cuda {
PROVA_LINKED void Mean(const ReduceArgs& args);
}

inline constexpr KernelEntry<ReduceFn> kMeanKernels[] = {
    {Where::kCuda, cuda::Mean, kAllFloats},
    {Where::kSimd, simd::Mean},
    {Where::kReference, reference::Mean},
};

}  // namespace prova

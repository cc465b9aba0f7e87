#pragma once

#include "ops/common/reduce.h"

namespace prova {

namespace reference {
void Sum(const ReduceArgs& args);
}
namespace simd {
void Sum(const ReduceArgs& args);
}
namespace cuda {
PROVA_LINKED void Sum(const ReduceArgs& args);
}

/// Bool and smaller integers are converted to int64 before they are summed.
inline constexpr DTypeSet kSumTypes = kComputeFloats | DTypeSet{DType::kInt64};

inline constexpr KernelEntry<ReduceFn> kSumKernels[] = {
    {Where::kCuda, cuda::Sum, kSumTypes | kHalves},
    {Where::kSimd, simd::Sum, kSumTypes},
    {Where::kReference, reference::Sum, kSumTypes},
};

}  // namespace prova

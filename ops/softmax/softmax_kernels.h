#pragma once

#include "ops/common/rows.h"

namespace prova {

namespace reference {
void Softmax(const RowsArgs& args);
void SoftmaxBackward(const RowsBackwardArgs& args);
}  // namespace reference

namespace simd {
void Softmax(const RowsArgs& args);
void SoftmaxBackward(const RowsBackwardArgs& args);
}  // namespace simd

inline constexpr KernelEntry<RowsFn> kSoftmaxKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Softmax, kComputeFloats),
    {Where::kSimd, simd::Softmax},
    {Where::kReference, reference::Softmax},
};

inline constexpr KernelEntry<RowsBackwardFn> kSoftmaxBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::SoftmaxBackward, kComputeFloats),
    {Where::kSimd, simd::SoftmaxBackward},
    {Where::kReference, reference::SoftmaxBackward},
};

}  // namespace prova

#pragma once

#include "ops/common/rows.h"

namespace prova {

namespace reference {
void LogSoftmax(const RowsArgs& args);
void LogSoftmaxBackward(const RowsBackwardArgs& args);
}  // namespace reference

namespace simd {
void LogSoftmax(const RowsArgs& args);
void LogSoftmaxBackward(const RowsBackwardArgs& args);
}  // namespace simd

inline constexpr KernelEntry<RowsFn> kLogSoftmaxKernels[] = {
    PROVA_CUDA_ENTRY(cuda::LogSoftmax, kComputeFloats),
    {Where::kSimd, simd::LogSoftmax},
    {Where::kReference, reference::LogSoftmax},
};

inline constexpr KernelEntry<RowsBackwardFn> kLogSoftmaxBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::LogSoftmaxBackward, kComputeFloats),
    {Where::kSimd, simd::LogSoftmaxBackward},
    {Where::kReference, reference::LogSoftmaxBackward},
};

}  // namespace prova

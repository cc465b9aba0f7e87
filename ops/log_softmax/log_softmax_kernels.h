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

namespace cuda {
PROVA_LINKED void LogSoftmax(const RowsArgs& args);
PROVA_LINKED void LogSoftmaxBackward(const RowsBackwardArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<RowsFn> kLogSoftmaxKernels[] = {
    {Where::kCuda, cuda::LogSoftmax, kAllFloats},
    {Where::kSimd, simd::LogSoftmax},
    {Where::kReference, reference::LogSoftmax},
};

inline constexpr KernelEntry<RowsBackwardFn> kLogSoftmaxBackwardKernels[] = {
    {Where::kCuda, cuda::LogSoftmaxBackward, kAllFloats},
    {Where::kSimd, simd::LogSoftmaxBackward},
    {Where::kReference, reference::LogSoftmaxBackward},
};

}  // namespace prova

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

namespace cuda {
PROVA_LINKED void Softmax(const RowsArgs& args);
PROVA_LINKED void SoftmaxBackward(const RowsBackwardArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<RowsFn> kSoftmaxKernels[] = {
    {Where::kCuda, cuda::Softmax, kAllFloats},
    {Where::kSimd, simd::Softmax},
    {Where::kReference, reference::Softmax},
};

inline constexpr KernelEntry<RowsBackwardFn> kSoftmaxBackwardKernels[] = {
    {Where::kCuda, cuda::SoftmaxBackward, kAllFloats},
    {Where::kSimd, simd::SoftmaxBackward},
    {Where::kReference, reference::SoftmaxBackward},
};

}  // namespace prova

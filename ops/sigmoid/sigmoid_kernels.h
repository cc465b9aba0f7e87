#pragma once

#include "ops/common/pointwise.h"

namespace prova {

/// Backward kernels take dy as `a` and y as `b`.
namespace reference {
void Sigmoid(const UnaryArgs& args);
void SigmoidBackward(const BinaryArgs& args);
}  // namespace reference
namespace simd {
void Sigmoid(const UnaryArgs& args);
void SigmoidBackward(const BinaryArgs& args);
}  // namespace simd

inline constexpr KernelEntry<UnaryFn> kSigmoidKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Sigmoid, kComputeFloats),
    {Where::kSimd, simd::Sigmoid},
    {Where::kReference, reference::Sigmoid},
};

inline constexpr KernelEntry<BinaryFn> kSigmoidBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::SigmoidBackward, kComputeFloats),
    {Where::kSimd, simd::SigmoidBackward},
    {Where::kReference, reference::SigmoidBackward},
};

}  // namespace prova

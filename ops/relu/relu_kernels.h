#pragma once

#include "ops/common/pointwise.h"

namespace prova {

/// Backward kernels take dy as `a` and x as `b`.
namespace reference {
void Relu(const UnaryArgs& args);
void ReluBackward(const BinaryArgs& args);
}  // namespace reference
namespace simd {
void Relu(const UnaryArgs& args);
void ReluBackward(const BinaryArgs& args);
}  // namespace simd

inline constexpr KernelEntry<UnaryFn> kReluKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Relu, kComputeFloats),
    {Where::kSimd, simd::Relu},
    {Where::kReference, reference::Relu},
};

inline constexpr KernelEntry<BinaryFn> kReluBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::ReluBackward, kComputeFloats),
    {Where::kSimd, simd::ReluBackward},
    {Where::kReference, reference::ReluBackward},
};

}  // namespace prova

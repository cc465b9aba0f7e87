#pragma once

#include "ops/common/pointwise.h"

namespace prova {

/// Backward kernels take dy as `a` and y as `b`.
namespace reference {
void Tanh(const UnaryArgs& args);
void TanhBackward(const BinaryArgs& args);
}  // namespace reference
namespace simd {
void Tanh(const UnaryArgs& args);
void TanhBackward(const BinaryArgs& args);
}  // namespace simd

inline constexpr KernelEntry<UnaryFn> kTanhKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Tanh, kComputeFloats),
    {Where::kSimd, simd::Tanh},
    {Where::kReference, reference::Tanh},
};

inline constexpr KernelEntry<BinaryFn> kTanhBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::TanhBackward, kComputeFloats),
    {Where::kSimd, simd::TanhBackward},
    {Where::kReference, reference::TanhBackward},
};

}  // namespace prova

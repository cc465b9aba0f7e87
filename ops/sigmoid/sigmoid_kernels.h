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

namespace cuda {
PROVA_LINKED void Sigmoid(const UnaryArgs& args);
PROVA_LINKED void SigmoidBackward(const BinaryArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<UnaryFn> kSigmoidKernels[] = {
    {Where::kCuda, cuda::Sigmoid, kAllFloats},
    {Where::kSimd, simd::Sigmoid},
    {Where::kReference, reference::Sigmoid},
};

inline constexpr KernelEntry<BinaryFn> kSigmoidBackwardKernels[] = {
    {Where::kCuda, cuda::SigmoidBackward, kAllFloats},
    {Where::kSimd, simd::SigmoidBackward},
    {Where::kReference, reference::SigmoidBackward},
};

}  // namespace prova

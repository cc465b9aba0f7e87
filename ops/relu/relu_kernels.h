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

namespace cuda {
PROVA_LINKED void Relu(const UnaryArgs& args);
PROVA_LINKED void ReluBackward(const BinaryArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<UnaryFn> kReluKernels[] = {
    {Where::kCuda, cuda::Relu, kAllFloats},
    {Where::kSimd, simd::Relu},
    {Where::kReference, reference::Relu},
};

inline constexpr KernelEntry<BinaryFn> kReluBackwardKernels[] = {
    {Where::kCuda, cuda::ReluBackward, kAllFloats},
    {Where::kSimd, simd::ReluBackward},
    {Where::kReference, reference::ReluBackward},
};

}  // namespace prova

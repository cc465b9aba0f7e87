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

namespace cuda {
PROVA_LINKED void Tanh(const UnaryArgs& args);
PROVA_LINKED void TanhBackward(const BinaryArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<UnaryFn> kTanhKernels[] = {
    {Where::kCuda, cuda::Tanh, kAllFloats},
    {Where::kSimd, simd::Tanh},
    {Where::kReference, reference::Tanh},
};

inline constexpr KernelEntry<BinaryFn> kTanhBackwardKernels[] = {
    {Where::kCuda, cuda::TanhBackward, kAllFloats},
    {Where::kSimd, simd::TanhBackward},
    {Where::kReference, reference::TanhBackward},
};

}  // namespace prova

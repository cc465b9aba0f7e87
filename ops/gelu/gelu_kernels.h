#pragma once

#include "ops/common/pointwise.h"

namespace prova {

/// Backward kernels take dy as `a` and x as `b`.
namespace reference {
void Gelu(const UnaryArgs& args);
void GeluTanh(const UnaryArgs& args);
void GeluBackward(const BinaryArgs& args);
void GeluTanhBackward(const BinaryArgs& args);
}  // namespace reference
namespace simd {
void Gelu(const UnaryArgs& args);
void GeluTanh(const UnaryArgs& args);
void GeluBackward(const BinaryArgs& args);
void GeluTanhBackward(const BinaryArgs& args);
}  // namespace simd

inline constexpr KernelEntry<UnaryFn> kGeluKernels[] = {
    PROVA_CUDA_ENTRY(cuda::Gelu, kComputeFloats),
    {Where::kSimd, simd::Gelu},
    {Where::kReference, reference::Gelu},
};

inline constexpr KernelEntry<UnaryFn> kGeluTanhKernels[] = {
    PROVA_CUDA_ENTRY(cuda::GeluTanh, kComputeFloats),
    {Where::kSimd, simd::GeluTanh},
    {Where::kReference, reference::GeluTanh},
};

inline constexpr KernelEntry<BinaryFn> kGeluBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::GeluBackward, kComputeFloats),
    {Where::kSimd, simd::GeluBackward},
    {Where::kReference, reference::GeluBackward},
};

inline constexpr KernelEntry<BinaryFn> kGeluTanhBackwardKernels[] = {
    PROVA_CUDA_ENTRY(cuda::GeluTanhBackward, kComputeFloats),
    {Where::kSimd, simd::GeluTanhBackward},
    {Where::kReference, reference::GeluTanhBackward},
};

}  // namespace prova

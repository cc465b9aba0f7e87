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

namespace cuda {
PROVA_LINKED void Gelu(const UnaryArgs& args);
PROVA_LINKED void GeluTanh(const UnaryArgs& args);
PROVA_LINKED void GeluBackward(const BinaryArgs& args);
PROVA_LINKED void GeluTanhBackward(const BinaryArgs& args);
}  // namespace cuda

inline constexpr KernelEntry<UnaryFn> kGeluKernels[] = {
    {Where::kCuda, cuda::Gelu, kAllFloats},
    {Where::kSimd, simd::Gelu},
    {Where::kReference, reference::Gelu},
};

inline constexpr KernelEntry<UnaryFn> kGeluTanhKernels[] = {
    {Where::kCuda, cuda::GeluTanh, kAllFloats},
    {Where::kSimd, simd::GeluTanh},
    {Where::kReference, reference::GeluTanh},
};

inline constexpr KernelEntry<BinaryFn> kGeluBackwardKernels[] = {
    {Where::kCuda, cuda::GeluBackward, kAllFloats},
    {Where::kSimd, simd::GeluBackward},
    {Where::kReference, reference::GeluBackward},
};

inline constexpr KernelEntry<BinaryFn> kGeluTanhBackwardKernels[] = {
    {Where::kCuda, cuda::GeluTanhBackward, kAllFloats},
    {Where::kSimd, simd::GeluTanhBackward},
    {Where::kReference, reference::GeluTanhBackward},
};

}  // namespace prova

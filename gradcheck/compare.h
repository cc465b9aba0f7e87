#pragma once

#include <gtest/gtest.h>

#include "gradcheck/spec.h"

namespace prova {

/// Whether `actual` is of the shape of `exact` (float64) and, as `WorstDeviation` compares them,
/// within `tolerance` of it. The message names the worst element.
testing::AssertionResult Agrees(const Tensor& actual, const Tensor& exact,
                                const Tolerance& tolerance);

/// Whether two tensors have the same dtype, shape and bits.
testing::AssertionResult SameBits(const Tensor& a, const Tensor& b);

/// Memory layouts of one value.
enum class Layout { kContiguous, kTransposed, kStepped, kReversed, kUnaligned };
inline constexpr Layout kAllLayouts[] = {Layout::kContiguous, Layout::kTransposed, Layout::kStepped,
                                         Layout::kReversed, Layout::kUnaligned};
const char* ToString(Layout layout);

/// The value of x in another layout: a view of a larger or permuted buffer.
Tensor WithLayout(const Tensor& x, Layout layout);

/// Calls `body(name)` once for each Highway target that this binary has and this machine can run,
/// with kernels dispatched to it; once where new tensors are on a GPU.
void ForEachTarget(const std::function<void(const char* name)>& body);

}  // namespace prova

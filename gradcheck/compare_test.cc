#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gradcheck/compare_test.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace prova::HWY_NAMESPACE {

/// The target that this copy of the function was compiled for.
int64_t CompiledTarget() { return HWY_TARGET; }

}  // namespace prova::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "gradcheck/compare.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {

HWY_EXPORT(CompiledTarget);

namespace {

const double inf = INFINITY;
constexpr double kEpsilon = 0x1p-23;  // of float32

Tensor Single(double value) { return full({1}, value); }
Tensor Exact(double value) { return full({1}, value, {.dtype = DType::kFloat64}); }

TEST(Agrees, AllowsWhatItSaysAndNoMore) {
  for (double epsilons : {1.0, 4.0, 100.0}) {
    const Tolerance tolerance = {.epsilons = epsilons};
    const Tensor exact = Exact(1), most = Single(1 + epsilons * kEpsilon);
    const Tensor more = Single(std::nextafterf(most.item<float>(), 9.0f));
    EXPECT_TRUE(Agrees(most, exact, tolerance));
    EXPECT_FALSE(Agrees(more, exact, tolerance));
  }
  EXPECT_TRUE(Agrees(Exact(1 + 0x1p-52), Exact(1), {.epsilons = 1}));
  EXPECT_FALSE(Agrees(Exact(1 + 0x1p-51), Exact(1), {.epsilons = 1}));
}

TEST(Agrees, MeasuresAgainstTheElementOrTheTensor) {
  const Tensor exact = from_vector(std::vector<double>{1000, 1}, {2});
  const Tensor actual = tensor({1000.0, 1 + 100 * kEpsilon});
  EXPECT_FALSE(Agrees(actual, exact, {.epsilons = 4}));
  EXPECT_TRUE(Agrees(actual, exact, {.epsilons = 4, .scale = Tolerance::Scale::kTensor}));
}

TEST(Agrees, AllowsStorageTypesTheirOwnRounding) {
  // Half an epsilon of bfloat16, 2^-8, and the tolerance in float32.
  EXPECT_TRUE(Agrees(full({1}, 1, {.dtype = DType::kBFloat16}), Exact(1 + 0x1p-8), {}));
  EXPECT_FALSE(Agrees(full({1}, 1, {.dtype = DType::kBFloat16}), Exact(1 + 0x1.1p-8), {}));
}

TEST(Agrees, LetsNaNAndInfinityAgreeWithThemselvesOnly) {
  const Tolerance loose = {.epsilons = 1e30};
  EXPECT_TRUE(Agrees(Single(NAN), Exact(NAN), {}));
  EXPECT_TRUE(Agrees(Single(-inf), Exact(-inf), {}));
  const std::pair<double, double> apart[] = {{NAN, 1},    {1, NAN},   {inf, 1},  {1, inf},
                                             {inf, -inf}, {NAN, inf}, {inf, NAN}};
  for (const auto& [actual, exact] : apart) {
    EXPECT_FALSE(Agrees(Single(actual), Exact(exact), loose)) << actual << " " << exact;
  }
  // An infinity elsewhere does not widen what the tensor allows.
  EXPECT_FALSE(Agrees(tensor({inf, 1.0}), from_vector(std::vector<double>{inf, 2}, {2}),
                      {.scale = Tolerance::Scale::kTensor}));
}

TEST(Agrees, WantsTheShape) {
  EXPECT_FALSE(Agrees(zeros({2, 1}), zeros({2}), {}));
  EXPECT_FALSE(Agrees(zeros({0, 2}), zeros({0, 3}), {}));
}

TEST(Agrees, TakesIntegersExactly) {
  EXPECT_TRUE(Agrees(tensor({7}), tensor({7}), {}));
  EXPECT_FALSE(Agrees(tensor({7}), tensor({8}), {.epsilons = 1e30}));
}

TEST(SameBits, SeesEveryBit) {
  EXPECT_TRUE(SameBits(Single(1), Single(1)));
  EXPECT_FALSE(SameBits(Single(1), Single(1 + kEpsilon)));
  EXPECT_FALSE(SameBits(Single(0.0), Single(-0.0)));
  EXPECT_FALSE(SameBits(Single(1), Exact(1)));
  EXPECT_FALSE(SameBits(zeros({2, 1}), zeros({1, 2})));
  EXPECT_TRUE(SameBits(Single(NAN), Single(NAN)));
  EXPECT_FALSE(SameBits(Single(NAN), Single(1)));
}

TEST(WithLayout, KeepsValuesAndGivesTheStrides) {
  const Tensor x = Cast(from_vector(arange(24).to_vector<double>(), {2, 3, 4}), DType::kFloat32);
  const std::pair<Layout, Strides> expected[] = {{Layout::kContiguous, {12, 4, 1}},
                                                 {Layout::kTransposed, {1, 2, 6}},
                                                 {Layout::kStepped, {27, 9, 2}},
                                                 {Layout::kReversed, {-12, -4, -1}},
                                                 {Layout::kUnaligned, {15, 5, 1}}};
  ASSERT_EQ(std::size(expected), std::size(kAllLayouts));
  for (const auto& [layout, strides] : expected) {
    const Tensor view = WithLayout(x, layout);
    EXPECT_EQ(view.strides(), strides) << ToString(layout);
    EXPECT_EQ(view.shape(), x.shape());
    EXPECT_TRUE(SameBits(view, x)) << ToString(layout);
  }
  EXPECT_EQ(WithLayout(x, Layout::kUnaligned).offset(), 1);
  EXPECT_NE(reinterpret_cast<uintptr_t>(WithLayout(x, Layout::kUnaligned).raw_data()) % 64, 0u);
}

TEST(WithLayout, TakesScalarsAndNothing) {
  for (Layout layout : kAllLayouts) {
    EXPECT_TRUE(SameBits(WithLayout(tensor(3), layout), tensor(3))) << ToString(layout);
    EXPECT_TRUE(SameBits(WithLayout(zeros({2, 0}), layout), zeros({2, 0}))) << ToString(layout);
  }
}

TEST(ForEachTarget, VisitsEveryTargetOfThisMachine) {
  std::set<std::string> visited;
  ForEachTarget([&](const char* name) {
    EXPECT_TRUE(visited.insert(name).second) << name << " twice";
    // Kernels are really dispatched there.
    EXPECT_STREQ(hwy::TargetName(HWY_DYNAMIC_DISPATCH(CompiledTarget)()), name);
  });
#if HWY_ARCH_X86
  EXPECT_TRUE(visited.contains("EMU128"));
  EXPECT_EQ(visited.contains("AVX2"), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(visited.contains("AVX3"),
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"));
  EXPECT_GE(visited.size(), 2u);
#endif
}

TEST(ForEachTarget, RestoresTheBestTarget) {
  const int64_t before = HWY_DYNAMIC_DISPATCH(CompiledTarget)();
  ForEachTarget([](const char*) {});
  EXPECT_EQ(HWY_DYNAMIC_DISPATCH(CompiledTarget)(), before);
}

}  // namespace
}  // namespace prova

#endif  // HWY_ONCE

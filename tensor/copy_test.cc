// The vector kernels of copies, conversions and sums, on every target that this machine has.
#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include "base/allocator.h"
#include "base/parallel_for.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

void ForEachTarget(const std::function<void()>& body) {
  for (int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
    const int64_t target = rest & -rest;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

/// 0, 1, 2, … wrapped to the dtype, whose bits all differ from those of their neighbours.
Tensor Numbered(const Shape& shape, DType dtype) {
  const Tensor x = empty(shape, {.dtype = dtype});
  VisitDType(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* to = x.mutable_data<T>();
    for (int64_t i = 0; i < x.numel(); ++i) to[i] = ConvertElement<T>(i * 7 % 251);
  });
  return x;
}

/// Whether `copy`, contiguous, has the elements of `view` in row-major order.
template <typename T>
bool HasElementsOf(const Tensor& copy, const Tensor& view) {
  const T* expected = view.data<T>();
  const T* actual = copy.data<T>();
  bool same = true;
  ForEachOffset(view.shape(), view.strides(), [&](int64_t offset) {
    same = same && std::memcmp(actual++, expected + offset, sizeof(T)) == 0;
  });
  return same;
}

void ExpectCopied(const Tensor& view) {
  ScopedGuardBytes guard;
  const Tensor copy = Copy(view);
  VisitDType(view.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    EXPECT_TRUE(HasElementsOf<T>(copy, view)) << view.dtype() << view.shape() << view.strides();
  });
  EXPECT_EQ(guard.Violations(), 0) << view.shape();
}

constexpr DType kOfEachSize[] = {DType::kUInt8, DType::kInt16, DType::kFloat32, DType::kFloat64};

TEST(CopyKernel, TransposesMatricesAroundItsBlocks) {
  ForEachTarget([] {
    for (DType dtype : kOfEachSize) {
      for (int64_t rows : {1, 2, 3, 15, 16, 17, 63, 64, 65, 300}) {
        for (int64_t cols : {1, 3, 8, 16, 33, 64, 130}) {
          ExpectCopied(view::Permute(Numbered({rows, cols}, dtype), {1, 0}));
        }
      }
    }
  });
}

TEST(CopyKernel, TransposesThroughItsBufferBeyondTheCaches) {
  ForEachTarget([] {
    for (DType dtype : kOfEachSize) {
      ExpectCopied(view::Permute(Numbered({533, 521}, dtype), {1, 0}));
      ExpectCopied(view::Permute(Numbered({6, 99, 517}, dtype), {0, 2, 1}));
    }
  });
}

TEST(CopyKernel, MovesAxesInAnyOrder) {
  Dims order = {0, 1, 2, 3};
  ForEachTarget([&] {
    do {
      for (DType dtype : {DType::kUInt8, DType::kFloat32}) {
        ExpectCopied(view::Permute(Numbered({3, 17, 18, 20}, dtype), order));
        ExpectCopied(view::Permute(Numbered({5, 2, 67, 3}, dtype), order));
      }
    } while (std::next_permutation(order.begin(), order.end()));
  });
}

TEST(CopyKernel, RepeatsAndStepsWithinTransposedMatrices) {
  const Tensor x = Numbered({70, 90}, DType::kFloat32);
  ExpectCopied(view::Permute(view::Slice(x, 0, {.step = 2}), {1, 0}));
  ExpectCopied(view::Permute(view::Slice(x, 1, {.step = -3}), {1, 0}));
  ExpectCopied(view::Expand(view::Permute(view::Slice(x, 0, {.stop = 1}), {1, 0}), {90, 40}));
  ExpectCopied(view::Expand(view::Unsqueeze(x, 0), {3, 70, 90}));
}

TEST(CopyKernel, WritesHugeResultsAroundTheCaches) {
  ForEachTarget([] {
    const Tensor x = Numbered({5900, 5903}, DType::kUInt8);  // more than 32 MiB
    ExpectCopied(x);
    ExpectCopied(view::Permute(x, {1, 0}));
  });
}

TEST(ConvertKernel, RoundsAsOneElementDoes) {
  const auto expect_converted = [](const Tensor& x, DType dtype) {
    const Tensor y = Cast(x, dtype);
    VisitDType(x.dtype(), [&](auto from_tag) {
      VisitDType(dtype, [&](auto to_tag) {
        using From = typename decltype(from_tag)::type;
        using To = typename decltype(to_tag)::type;
        int64_t wrong = 0;
        for (int64_t i = 0; i < x.numel(); ++i) {
          const To expected = ConvertElement<To>(x.data<From>()[i]);
          wrong += std::memcmp(&y.data<To>()[i], &expected, sizeof(To)) != 0;
        }
        EXPECT_EQ(wrong, 0) << x.dtype() << " to " << dtype;
      });
    });
  };
  // Every half, and floats with every upper half whose lower half is next to a tie.
  const Tensor halves = empty({65536 + 3}, {.dtype = DType::kFloat16});
  for (int64_t i = 0; i < halves.numel(); ++i) {
    halves.mutable_data<float16>()[i].bits = static_cast<uint16_t>(i);
  }
  const Tensor floats = empty({65536 * 8 + 5});
  constexpr uint32_t kLower[] = {0, 1, 0x0FFF, 0x1000, 0x1001, 0x7FFF, 0x8000, 0x8001};
  for (int64_t i = 0; i < floats.numel(); ++i) {
    const uint32_t bits = static_cast<uint32_t>(i / 8) << 16 | kLower[i % 8];
    floats.mutable_data<float>()[i] = std::bit_cast<float>(bits);
  }
  ForEachTarget([&] {
    expect_converted(halves, DType::kFloat32);
    expect_converted(floats, DType::kFloat16);
    expect_converted(floats, DType::kBFloat16);
    expect_converted(floats, DType::kFloat64);
    expect_converted(Cast(floats, DType::kFloat64), DType::kFloat32);
    expect_converted(Cast(floats, DType::kBFloat16), DType::kFloat32);
  });
}

TEST(AccumulateKernel, AddsWholeNumbersExactlyHoweverTheyAreShared) {
  const Shape shape = {70, 33, 6, 41};
  const Tensor source = empty(shape);
  for (int64_t i = 0; i < source.numel(); ++i) {
    source.mutable_data<float>()[i] = static_cast<float>(i * 7 % 251);
  }
  const std::vector<float> terms = source.to_vector<float>();
  ForEachTarget([&] {
    for (int mask = 0; mask < 16; ++mask) {
      Shape kept = shape;
      for (int axis = 0; axis < 4; ++axis) {
        if (mask >> axis & 1) kept[axis] = 1;
      }
      const Tensor target = ones(kept), all = view::Expand(target, shape);
      std::vector<double> expected(static_cast<size_t>(target.numel()), 1.0);
      size_t next = 0;
      ForEachOffset(shape, all.strides(),
                    [&](int64_t offset) { expected[offset] += terms[next++]; });
      AccumulateElements(source, all);
      // Exact in double, then rounded once.
      const std::vector<float> rounded(expected.begin(), expected.end());
      EXPECT_EQ(target.to_vector<float>(), rounded) << kept;
    }
  });
}

TEST(AccumulateKernel, GivesTheSameBitsForAnyNumberOfThreads) {
  Rng rng(3);
  const Tensor source = randn({2000, 130}, rng);
  for (const Shape& kept : {Shape{1, 130}, Shape{2000, 1}, Shape{1, 1}}) {
    std::vector<float> first;
    for (int threads : {1, 2, 3}) {
      ScopedNumThreads scope(threads);
      const Tensor target = zeros(kept);
      AccumulateElements(source, view::Expand(target, {2000, 130}));
      if (first.empty()) first = target.to_vector<float>();
      EXPECT_EQ(target.to_vector<float>(), first) << kept;
    }
  }
}

}  // namespace
}  // namespace prova

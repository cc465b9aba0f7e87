#include "ops/sum/sum.h"

#include <cmath>
#include <limits>

#include "autograd/movement.h"
#include "base/parallel_for.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/mul/mul.h"

namespace prova {
namespace {

/// A random set of axes of x, perhaps all.
Dims SomeAxes(Draw& draw, const Tensor& x) {
  Dims axes;
  for (int axis : draw.permutation(x.rank())) {
    if (axes.empty() || draw.boolean()) axes.push_back(axis);
  }
  return axes;
}

TEST(Sum, Examples) {
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {10.0, 20.0, 30.0}});
  EXPECT_TRUE(SameBits(sum(x), tensor(66.0)));
  EXPECT_TRUE(SameBits(sum(x, {0}), tensor({11.0, 22.0, 33.0})));
  EXPECT_TRUE(SameBits(sum(x, {1}), tensor({6.0, 60.0})));
  EXPECT_TRUE(SameBits(sum(x, {-1}, {.keepdims = true}), tensor({{6.0}, {60.0}})));
  EXPECT_TRUE(SameBits(sum(tensor({true, false, true, true})), tensor(3)));
  EXPECT_TRUE(SameBits(sum(tensor({200, 100}, DType::kUInt8)), tensor(300)));
}

TEST(Sum, IsLinear) {
  ForAll("sum(a x + y) = a sum(x) + sum(y)", [](Draw& draw) {
    const Tensor x = draw.tensor(), y = draw.tensor(x.shape());
    const double a = draw.real(-3, 3);
    const Dims axes = SomeAxes(draw, x);
    return Near(sum(x * a + y, axes), sum(x, axes) * a + sum(y, axes), 1e-13);
  });
}

TEST(Sum, IsTheAdjointOfRepeating) {
  ForAll("<sum(x), v> = <x, sum_backward(v)>", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const Dims axes = SomeAxes(draw, x);
    const Tensor y = sum(x, axes), v = draw.tensor(y.shape());
    return Near(tensor(Dot(y, v), DType::kFloat64),
                tensor(Dot(x, sum_backward(v, x.shape(), axes)), DType::kFloat64), 1e-12);
  });
}

TEST(Sum, DoesNotDependOnTheOrderOfAxes) {
  ForAll("summing axes one by one, in any order, equals summing them at once", [](Draw& draw) {
    const Tensor x = draw.tensor({.max_rank = 4});
    const Dims axes = SomeAxes(draw, x);
    Tensor step = x;
    for (int64_t axis : axes) step = sum(step, {axis}, {.keepdims = true});
    return Near(step, sum(x, axes, {.keepdims = true}), 1e-13);
  });
}

TEST(Sum, PermutesWithItsInput) {
  ForAll("permuting the axes of the input permutes those of the result", [](Draw& draw) {
    const Tensor x = draw.tensor({.max_rank = 4});
    const Dims order = draw.permutation(x.rank());
    const int64_t axis = draw.integer(0, x.rank() - 1);
    const ReduceOptions keep = {.keepdims = true};
    return Near(sum(permute(x, order), {axis}, keep), permute(sum(x, {order[axis]}, keep), order),
                1e-13);
  });
}

TEST(Sum, LosesNextToNothing) {
  // One accumulator is wrong by 92 eps at n = 100,000.
  ForAll(
      "a float32 sum of 100,000 positive numbers is within 2 eps on every target", [](Draw& draw) {
        const int64_t n = draw.integer(90000, 110000), columns = draw.integer(2, 20);
        const bool across = draw.boolean();
        Rng rng = draw.rng();
        const Tensor x = rand(across ? Shape{n / columns, columns} : Shape{n}, rng);
        const std::vector<double> exact = sum(cast(x, DType::kFloat64), {0}).to_vector<double>();
        testing::AssertionResult result = testing::AssertionSuccess();
        ForEachTarget([&](const char* target) {
          const std::vector<double> y = sum(x, {0}).to_vector<double>();
          for (size_t i = 0; i < y.size(); ++i) {
            if (std::abs(y[i] - exact[i]) <= 2 * Epsilon(DType::kFloat32) * exact[i]) continue;
            result = testing::AssertionFailure() << target << ": " << y[i] << " for " << exact[i];
          }
        });
        return result;
      });
}

TEST(Sum, CountsWhereOneAccumulatorStops) {
  // 2^24 + 1 is no float: adding ones one after another stops at 2^24.
  const int64_t n = (int64_t{1} << 24) + 4096;
  for (const Tensor& x : {ones({n}), ones({n / 4096, 4096}), ones({4096, n / 4096})}) {
    EXPECT_EQ(sum(x).item<double>(), static_cast<double>(n));
  }
  EXPECT_EQ(sum(ones({n / 4, 4}), {0}).to_vector<double>(), std::vector<double>(4, n / 4));
}

TEST(Sum, GivesTheSameBitsForAnyNumberOfThreads) {
  ForAll("a sum over one long axis has the same bits for 1 to 4 threads", [](Draw& draw) {
    Rng rng = draw.rng();
    const int64_t columns = draw.integer(1, 3);
    const Tensor x = randn({draw.integer(30000, 300000), columns}, rng);
    const Tensor one = [&] {
      ScopedNumThreads threads(1);
      return sum(x, {0});
    }();
    ScopedNumThreads threads(static_cast<int>(draw.integer(2, 4)));
    return SameBits(sum(x, {0}), one);
  });
}

TEST(Sum, OfARowHasTheSameBitsAmongOthersAndAlone) {
  if (default_device() != kCpu) GTEST_SKIP() << "a GPU cuts rows by their number as well";
  ForAll("the sum of a row does not depend on the rows around it, on every target", [](Draw& draw) {
    Rng rng = draw.rng();
    const DType dtype = draw.boolean() ? DType::kFloat32 : DType::kFloat64;
    const Tensor x = randn({draw.integer(2, 11), draw.integer(1, 600)}, rng, {.dtype = dtype});
    testing::AssertionResult result = testing::AssertionSuccess();
    ForEachTarget([&](const char* target) {
      const std::vector<double> y = sum(x, {1}).to_vector<double>();
      for (size_t r = 0; r < y.size(); ++r) {
        const int64_t row = static_cast<int64_t>(r);
        const double alone = sum(slice(x, 0, {.start = row, .stop = row + 1})).item();
        if (alone == y[r]) continue;
        result = testing::AssertionFailure() << target << ": " << y[r] << " for " << alone;
      }
    });
    return result;
  });
}

TEST(Sum, OfNothingIsZero) {
  EXPECT_TRUE(SameBits(sum(zeros({0})), tensor(0.0)));
  EXPECT_TRUE(SameBits(sum(zeros({2, 0}), {1}), zeros({2})));
  EXPECT_TRUE(SameBits(sum(zeros({2, 0}), {0}), zeros({0})));
  EXPECT_TRUE(SameBits(sum(zeros({0, 3}), {0}), zeros({3})));
  EXPECT_TRUE(SameBits(sum(zeros({0}, {.dtype = DType::kBool})), tensor(0)));
}

TEST(Sum, FollowsIeeeAndWraps) {
  const double inf = INFINITY;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_EQ(sum(tensor({inf, 1.0})).item(), inf);
    EXPECT_TRUE(std::isnan(sum(tensor({inf, -inf})).item()));
    for (int64_t n : {1, 40, 3000, 70000}) {
      std::vector<float> values(2 * n, 1);
      values[n] = NAN;
      const Tensor x = from_vector(values, {n, 2});
      EXPECT_TRUE(std::isnan(sum(x).item()));
      const std::vector<double> y = sum(x, {0}).to_vector<double>();
      EXPECT_TRUE(std::isnan(y[n % 2]));
      EXPECT_EQ(y[1 - n % 2], n);
    }
    const int64_t least = std::numeric_limits<int64_t>::min();
    const int64_t greatest = std::numeric_limits<int64_t>::max();
    EXPECT_EQ(sum(from_vector<int64_t>({least, -1}, {2})).item<int64_t>(), greatest);
  }
}

TEST(Sum, HoldsHalfPrecisionSumsInFloat) {
  // 4096 ones: in float16 itself, adding one by one stops at 2048.
  EXPECT_EQ(sum(ones({4096}, {.dtype = DType::kFloat16})).item(), 4096);
  EXPECT_EQ(sum(ones({4096}, {.dtype = DType::kBFloat16})).item(), 4096);
}

TEST(Sum, HoldsHalfPrecisionSumsOfAxesApartInFloat) {
  // Along the last axis alone the sums are beyond float16.
  const Tensor x = mul(tensor({{{1.0}}, {{-1.0}}}, DType::kFloat16),
                       full({2, 3, 16}, 5000, {.dtype = DType::kFloat16}));
  EXPECT_TRUE(SameBits(sum(x, {0, 2}), zeros({3}, {.dtype = DType::kFloat16})));
}

TEST(Sum, GradientOverAxis0) {
  const Tensor dx = sum_backward(tensor({1.0, 2.0, 3.0}), {2, 3}, {0});
  EXPECT_TRUE(SameBits(contiguous(dx), tensor({{1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}})));
}

TEST(Sum, GradientOverAxis1) {
  const Tensor expected = tensor({{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}});
  EXPECT_TRUE(SameBits(contiguous(sum_backward(tensor({1.0, 2.0}), {2, 3}, {1})), expected));
  EXPECT_TRUE(SameBits(contiguous(sum_backward(tensor({{1.0}, {2.0}}), {2, 3}, {1})), expected));
}

TEST(Sum, GradientOverAll) {
  EXPECT_TRUE(SameBits(contiguous(sum_backward(tensor(5.0), {2, 3})), full({2, 3}, 5)));
  const Tensor x = parameter(ones({2, 3}));
  EXPECT_TRUE(SameBits(contiguous(backward(sum(x))[x]), ones({2, 3})));
}

TEST(Sum, GradientOverABatch) {
  const Tensor x = parameter(ones({4, 2}));
  const Tensor loss = sum(mul(sum(x, {0}), tensor({3.0, 5.0})));
  const Tensor rows = tensor({{3.0, 5.0}, {3.0, 5.0}, {3.0, 5.0}, {3.0, 5.0}});
  EXPECT_TRUE(SameBits(contiguous(backward(loss)[x]), rows));
}

}  // namespace
}  // namespace prova

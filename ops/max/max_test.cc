#include "ops/max/max.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "autograd/movement.h"
#include "base/parallel_for.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/mul/mul.h"
#include "ops/sum/sum.h"

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

/// Whole numbers of a small range, so that ties are many.
Tensor WithTies(Draw& draw, const Shape& shape) {
  Rng rng = draw.rng();
  return cast(randint(-3, 4, shape, rng), DType::kFloat64);
}

TEST(Max, Examples) {
  const Tensor x = tensor({{1.0, 7.0, 3.0}, {4.0, 2.0, 6.0}});
  EXPECT_TRUE(SameBits(max(x), tensor(7.0)));
  EXPECT_TRUE(SameBits(max(x, {0}), tensor({4.0, 7.0, 6.0})));
  EXPECT_TRUE(SameBits(max(x, {1}), tensor({7.0, 6.0})));
  EXPECT_TRUE(SameBits(max(x, {-1}, {.keepdims = true}), tensor({{7.0}, {6.0}})));
  EXPECT_TRUE(SameBits(max(tensor({-5, -2, -9})), tensor(-2)));
}

TEST(Max, IsAnUpperBoundThatIsReached) {
  ForAll("no element is larger than the maximum, and one equals it", [](Draw& draw) {
    const Tensor x = draw.tensor({.max_size = 40});
    const std::vector<double> values = x.to_vector<double>();
    const double y = max(x).item();
    bool reached = false;
    for (double value : values) {
      if (value > y) return testing::AssertionFailure() << value << " is larger than " << y;
      reached = reached || value == y;
    }
    return reached ? testing::AssertionSuccess()
                   : testing::AssertionFailure() << y << " is no element";
  });
}

TEST(Max, CommutesWithMonotoneMaps) {
  ForAll("max(a x + b) = a max(x) + b for a > 0", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const Dims axes = SomeAxes(draw, x);
    const double a = draw.real(0.1, 3), b = draw.real(-3, 3);
    return SameBits(max(x * a + b, axes), max(x, axes) * a + b);
  });
}

TEST(Max, DoesNotDependOnTheOrderOfAxes) {
  ForAll("taking axes one by one, in any order, equals taking them at once", [](Draw& draw) {
    const Tensor x = draw.tensor({.max_rank = 4});
    const Dims axes = SomeAxes(draw, x);
    Tensor step = x;
    for (int64_t axis : axes) step = max(step, {axis}, {.keepdims = true});
    return SameBits(step, max(x, axes, {.keepdims = true}));
  });
}

TEST(Max, PermutesWithItsInput) {
  ForAll("permuting the axes of the input permutes those of the result", [](Draw& draw) {
    const Tensor x = draw.tensor({.max_rank = 4});
    const Dims order = draw.permutation(x.rank());
    const int64_t axis = draw.integer(0, x.rank() - 1);
    const ReduceOptions keep = {.keepdims = true};
    return SameBits(max(permute(x, order), {axis}, keep),
                    contiguous(permute(max(x, {order[axis]}, keep), order)));
  });
}

TEST(Max, SharesOutTheWholeGradient) {
  ForAll("along the reduced axes the gradient sums to dy, ties or not", [](Draw& draw) {
    const Tensor x = WithTies(draw, draw.shape({.max_rank = 4}));
    const Dims axes = SomeAxes(draw, x);
    const Tensor dy = draw.tensor(max(x, axes).shape());
    return Near(sum(max_backward(dy, x, axes), axes), dy, 1e-14);
  });
}

TEST(Max, GivesEqualElementsEqualGradients) {
  ForAll("the gradient is one number at every maximum and zero elsewhere", [](Draw& draw) {
    const Tensor x = WithTies(draw, {draw.integer(1, 80)});
    const std::vector<double> values = x.to_vector<double>();
    const double peak = max(x).item();
    const auto ties = std::count(values.begin(), values.end(), peak);
    std::vector<double> expected;
    for (double value : values) expected.push_back(value == peak ? 1.0 / ties : 0.0);
    return SameBits(max_backward(ones({}, {.dtype = DType::kFloat64}), x),
                    from_vector(expected, x.shape()));
  });
}

TEST(Max, TakesTheAdjointOfItsGradient) {
  ForAll("the derivative of max_backward in dy is its adjoint, ties or not", [](Draw& draw) {
    const Tensor x = WithTies(draw, draw.shape({.max_rank = 3}));
    const Dims axes = SomeAxes(draw, x);
    const Tensor dy = parameter(draw.tensor(max(x, axes).shape()));
    const Tensor dx = max_backward(dy, x, axes), v = draw.tensor(x.shape());
    const Tensor back = backward({dx}, {.cotangents = {v}})[dy];
    return Near(tensor(Dot(dy, back), DType::kFloat64), tensor(Dot(dx, v), DType::kFloat64), 1e-13);
  });
}

TEST(Max, PropagatesNaN) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (int64_t n : {1, 7, 40, 3000, 70000}) {
      for (int64_t at : {int64_t{0}, n / 2, n - 1}) {
        std::vector<float> values(2 * n);
        values[2 * at] = NAN;
        const Tensor x = from_vector(values, {n, 2});
        EXPECT_TRUE(std::isnan(max(x).item())) << n << " at " << at;
        EXPECT_TRUE(Near(max(x, {0}), tensor({double{NAN}, 0.0}), 0)) << n << " at " << at;
      }
    }
  }
}

TEST(Max, TellsNaNFromTheSumOfInfinities) {
  const double inf = INFINITY;
  // Rows of several leaves on every target.
  ForEachTarget([&](const char* target) {
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      for (int64_t n : {512, 513, 2000}) {
        std::vector<double> values(static_cast<size_t>(n), -1);
        const auto peak = [&] { return max(cast(from_vector(values, {n}), dtype)).item(); };
        values[n / 4] = -inf;
        EXPECT_EQ(peak(), -1) << target << ", " << n;
        values[n / 2] = inf;
        EXPECT_EQ(peak(), inf) << target << ", " << n;
        for (int64_t at : {int64_t{0}, n / 4, n / 4 + 1, n / 2, n - 1}) {
          const double before = std::exchange(values[at], NAN);
          EXPECT_TRUE(std::isnan(peak())) << target << ", " << n << " at " << at;
          values[at] = before;
        }
      }
    }
  });
}

TEST(Max, KeepsNaNInItsRow) {
  ForEachTarget([&](const char* target) {
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      for (int64_t n : {1, 3, 4, 15, 16, 17, 65, 255}) {
        for (int64_t rows : {1, 3, 4, 7}) {
          for (int64_t at = 0; at < rows * n; at += std::max<int64_t>(1, n / 5)) {
            std::vector<double> values(static_cast<size_t>(rows * n), -1), expected(rows, -1);
            values[at] = expected[at / n] = NAN;
            const Tensor x = cast(from_vector(values, {rows, n}), dtype);
            EXPECT_TRUE(SameBits(max(x, {1}), cast(from_vector(expected, {rows}), dtype)))
                << target << " " << x.shape() << " at " << at;
          }
        }
      }
    }
  });
}

TEST(Max, AcceptsInfinitiesAndExtremes) {
  const double inf = INFINITY;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_EQ(max(tensor({-inf, -inf})).item(), -inf);
    EXPECT_EQ(max(tensor({-inf, inf, 0.0})).item(), inf);
    EXPECT_EQ(max(full({9}, -128, {.dtype = DType::kInt8})).item(), -128);
    EXPECT_EQ(max(tensor({0, 255, 128}, DType::kUInt8)).item(), 255);
    const int64_t least = std::numeric_limits<int64_t>::min();
    EXPECT_EQ(max(from_vector<int64_t>({least, least}, {2})).item<int64_t>(), least);
  }
}

TEST(Max, GivesEmptyResultsWithoutElements) {
  EXPECT_TRUE(SameBits(max(zeros({0, 3}), {1}), zeros({0})));
  EXPECT_TRUE(SameBits(max(zeros({0, 3}), {1}, {.keepdims = true}), zeros({0, 1})));
}

TEST(Max, GradientAlongAnAxis) {
  const Tensor x = tensor({{1.0, 7.0, 3.0}, {4.0, 2.0, 6.0}});
  EXPECT_TRUE(SameBits(max_backward(tensor({10.0, 20.0}), x, {1}),
                       tensor({{0.0, 10.0, 0.0}, {0.0, 0.0, 20.0}})));
  EXPECT_TRUE(SameBits(max_backward(tensor({1.0, 2.0, 3.0}), x, {0}),
                       tensor({{0.0, 2.0, 0.0}, {1.0, 0.0, 3.0}})));
}

TEST(Max, GradientOverAll) {
  const Tensor x = parameter(tensor({{1.0, 7.0}, {4.0, 2.0}}));
  EXPECT_TRUE(SameBits(backward(max(x))[x], tensor({{0.0, 1.0}, {0.0, 0.0}})));
}

TEST(Max, GradientAtTies) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(max_backward(tensor(3.0), tensor({2.0, 5.0, 5.0, 5.0})),
                         tensor({0.0, 1.0, 1.0, 1.0})));
    EXPECT_TRUE(SameBits(max_backward(tensor(1.0), tensor({0.0, -0.0})), tensor({0.5, 0.5})));
    // Zeros behind the row must not count as ties of a maximum of zero.
    EXPECT_TRUE(SameBits(max_backward(tensor(1.0), zeros({5})), full({5}, 0.2)));
    EXPECT_TRUE(SameBits(max_backward(ones({17}), zeros({4, 17}), {0}), full({4, 17}, 0.25)));
  }
}

TEST(Max, GradientIsRoundedToSixteenBitsOnceItIsShared) {
  // 70,000 is beyond float16, its half is not.
  const Tensor x = tensor({{1.0, 1.0}}, DType::kFloat16);
  const Tensor dx = max_backward(tensor({70000.0}), x, {1});
  EXPECT_EQ(dx.to_vector<float>()[0], static_cast<float>(float16(35000.0f)));
}

TEST(Max, GradientGoesToNaNs) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(max_backward(tensor(1.0), tensor({9.0, double{NAN}, 0.0, double{NAN}})),
                         tensor({0.0, 0.5, 0.0, 0.5})));
  }
}

TEST(MaxGradient, SharesALongAxisAmongThreads) {
  Rng rng(6);
  for (const Shape& shape : {Shape{100000, 1}, Shape{70000, 3}, Shape{40, 1030}, Shape{3, 40000}}) {
    const Tensor x = cast(randint(-3, 4, shape, rng), DType::kFloat32);
    for (int64_t axis : {0, 1}) {
      const Tensor dy = randn(max(x, {axis}).shape(), rng);
      const Tensor expected = [&] {
        ScopedKernels reference(Where::kReference);
        return max_backward(To(dy, kCpu), To(x, kCpu), {axis});
      }();
      ForEachTarget([&](const char* target) {
        for (int threads : {1, 3}) {
          ScopedNumThreads scope(threads);
          EXPECT_TRUE(SameBits(max_backward(dy, x, {axis}), expected)) << target << shape << axis;
        }
      });
    }
  }
}

}  // namespace
}  // namespace prova

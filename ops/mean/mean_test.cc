#include "ops/mean/mean.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/mul/mul.h"
#include "ops/sum/sum.h"

namespace prova {
namespace {

TEST(Mean, Examples) {
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {10.0, 20.0, 60.0}});
  EXPECT_TRUE(SameBits(mean(x), tensor(16.0)));
  EXPECT_TRUE(SameBits(mean(x, {0}), tensor({5.5, 11.0, 31.5})));
  EXPECT_TRUE(SameBits(mean(x, {1}), tensor({2.0, 30.0})));
  EXPECT_TRUE(SameBits(mean(x, {-1}, {.keepdims = true}), tensor({{2.0}, {30.0}})));
}

TEST(Mean, OfAConstantIsTheConstant) {
  ForAll("the mean of equal numbers is that number", [](Draw& draw) {
    const double value = static_cast<double>(draw.integer(-1000, 1000)) / 8;
    const Tensor x = full(draw.shape({.max_size = 20}), value);
    return SameBits(mean(x), full({}, value));
  });
}

TEST(Mean, FollowsScaleAndShift) {
  ForAll("mean(a x + b) = a mean(x) + b", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const double a = draw.real(-3, 3), b = draw.real(-3, 3);
    const int64_t axis = draw.integer(0, x.rank() - 1);
    return Near(mean(x * a + b, {axis}), mean(x, {axis}) * a + b, 1e-14);
  });
}

TEST(Mean, IsTheBalancePoint) {
  ForAll("deviations from the mean sum to zero", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const int64_t axis = draw.integer(0, x.rank() - 1);
    const Tensor deviation = x + mean(x, {axis}, {.keepdims = true}) * -1;
    const Tensor total = sum(deviation, {axis});
    return Near(total, zeros_like(total), 1e-13);
  });
}

TEST(Mean, OfMeansIsTheMean) {
  ForAll("the mean of the means of equal rows is the mean of all", [](Draw& draw) {
    const Tensor x = draw.tensor({.min_rank = 2, .max_rank = 4});
    return Near(mean(mean(x, {draw.integer(0, x.rank() - 1)})), mean(x), 1e-14);
  });
}

TEST(Mean, IsTheAdjointOfItsGradient) {
  ForAll("<mean(x), v> = <x, mean_backward(v)>", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const int64_t axis = draw.integer(0, x.rank() - 1);
    const Tensor y = mean(x, {axis}), v = draw.tensor(y.shape());
    return Near(tensor(Dot(y, v), DType::kFloat64),
                tensor(Dot(x, mean_backward(v, x.shape(), {axis})), DType::kFloat64), 1e-13);
  });
}

TEST(Mean, OfNothingIsNaN) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(std::isnan(mean(zeros({0})).item()));
    EXPECT_TRUE(Near(mean(zeros({2, 0}), {1}), full({2}, NAN), 0));
    EXPECT_TRUE(SameBits(mean(zeros({2, 0}), {0}), zeros({0})));
  }
  EXPECT_EQ(mean_backward(ones({2}), {2, 0}, {1}).shape(), (Shape{2, 0}));
}

TEST(Mean, FollowsIeee) {
  const double inf = INFINITY;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_EQ(mean(tensor({inf, 1.0})).item(), inf);
    EXPECT_TRUE(std::isnan(mean(tensor({inf, -inf})).item()));
    EXPECT_TRUE(
        Near(mean(tensor({{double{NAN}, 1.0}, {2.0, 3.0}}), {0}), tensor({double{NAN}, 2.0}), 0));
  }
}

TEST(Mean, OfHalfPrecisionDoesNotOverflow) {
  // The sum is 6,000,000; the largest float16 is 65504.
  EXPECT_EQ(mean(full({100, 1000}, 60, {.dtype = DType::kFloat16})).item(), 60);
}

TEST(Mean, GradientOverAxis0) {
  const Tensor dx = mean_backward(tensor({1.0, 2.0, 3.0}), {2, 3}, {0});
  EXPECT_TRUE(SameBits(contiguous(dx), tensor({{0.5, 1.0, 1.5}, {0.5, 1.0, 1.5}})));
}

TEST(Mean, GradientOverAxis1) {
  const Tensor dx = mean_backward(tensor({{4.0}, {8.0}}), {2, 4}, {1});
  EXPECT_TRUE(SameBits(contiguous(dx), tensor({{1.0, 1.0, 1.0, 1.0}, {2.0, 2.0, 2.0, 2.0}})));
}

TEST(Mean, GradientOverAll) {
  const Tensor x = parameter(ones({2, 4}));
  EXPECT_TRUE(SameBits(contiguous(backward(mean(x))[x]), full({2, 4}, 0.125)));
}

TEST(Mean, GradientOfLongHalfPrecisionAxes) {
  // With 1/80000 rounded to float16 this would be 0.01252; divided by 80000 = inf, 0.
  const Tensor dx = mean_backward(full({}, 1000, {.dtype = DType::kFloat16}), {80000});
  EXPECT_EQ(dx.dtype(), DType::kFloat16);
  EXPECT_EQ(dx.to_vector<float>()[0], static_cast<float>(float16(0.0125f)));
}

}  // namespace
}  // namespace prova

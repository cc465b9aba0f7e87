#include "ops/where/where.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/mul/mul.h"
#include "ops/sum/sum.h"

namespace prova {
namespace {

Tensor Condition(Draw& draw, const Shape& shape) {
  Rng rng = draw.rng();
  return cast(randint(0, 2, shape, rng), DType::kBool);
}

Tensor Not(const Tensor& condition) {
  std::vector<int64_t> flipped = condition.to_vector<int64_t>();
  for (int64_t& value : flipped) value = 1 - value;
  return cast(from_vector(flipped, condition.shape()), DType::kBool);
}

TEST(Where, Examples) {
  const Tensor yes_no = tensor({true, false});
  EXPECT_TRUE(
      SameBits(where(yes_no, tensor({1.0, 2.0}), tensor({10.0, 20.0})), tensor({1.0, 20.0})));
  EXPECT_TRUE(SameBits(where(yes_no, tensor({{1.0}, {2.0}}), tensor(0.0)),
                       tensor({{1.0, 0.0}, {2.0, 0.0}})));
  EXPECT_TRUE(SameBits(where(yes_no, tensor({7, 8}), -1), tensor({7, -1})));
  EXPECT_TRUE(SameBits(where(yes_no, 0.5, tensor({7, 8})), tensor({0.5, 8.0})));
}

TEST(Where, OfEqualOperandsIsTheOperand) {
  ForAll("where(c, a, a) = a", [](Draw& draw) {
    const Tensor a = draw.tensor({.max_size = 40, .dtype = DType::kFloat32});
    return SameBits(where(Condition(draw, a.shape()), a, a), a);
  });
}

TEST(Where, SwapsWithItsCondition) {
  ForAll("where(not c, a, b) = where(c, b, a)", [](Draw& draw) {
    const Tensor a = draw.tensor({.max_size = 40}), b = draw.tensor(a.shape());
    const Tensor condition = Condition(draw, a.shape());
    return SameBits(where(Not(condition), a, b), where(condition, b, a));
  });
}

TEST(Where, BroadcastsAsExpandDoes) {
  ForAll("broadcasting condition and operands equals expanding them first", [](Draw& draw) {
    const Shape shape = draw.shape({.min_rank = 2, .max_size = 20});
    const Shape row = {shape.back()};
    Shape column = shape;
    column.back() = 1;
    const Tensor condition = Condition(draw, row), a = draw.tensor(column);
    const Tensor b = draw.tensor(shape);
    return SameBits(where(condition, a, b),
                    where(contiguous(expand(condition, shape)), contiguous(expand(a, shape)), b));
  });
}

TEST(Where, SplitsTheGradient) {
  ForAll("the gradients of both operands add up to dy", [](Draw& draw) {
    const Tensor dy = draw.tensor({.max_size = 40});
    const Tensor condition = Condition(draw, dy.shape());
    const GradientPair dx = where_backward(dy, condition, dy.shape(), dy.shape());
    const std::vector<double> a = dx.a.to_vector<double>(), b = dx.b.to_vector<double>();
    std::vector<double> total = a;
    for (size_t i = 0; i < total.size(); ++i) total[i] += b[i];
    return SameBits(from_vector(total, dy.shape()), dy);
  });
}

TEST(Where, TakesTheAdjointOfBroadcasting) {
  ForAll("<where(c, a, 0), v> = <a, da> for a broadcast operand", [](Draw& draw) {
    const Tensor v = draw.tensor({.min_rank = 2});
    const Tensor a = draw.tensor(Shape{v.shape().back()}), condition = Condition(draw, v.shape());
    const Tensor da = where_backward(v, condition, a.shape(), {}).a;
    return Near(tensor(Dot(a, da), DType::kFloat64),
                tensor(Dot(where(condition, a, 0.0), v), DType::kFloat64), 1e-13);
  });
}

TEST(Where, KeepsNaNOfTheOtherSideOut) {
  const Tensor condition = tensor({true, false});
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(where(condition, tensor({1.0, double{NAN}}), tensor({double{NAN}, 2.0})),
                         tensor({1.0, 2.0})));
    const GradientPair dx =
        where_backward(tensor({double{NAN}, double{INFINITY}}), condition, {2}, {2});
    EXPECT_TRUE(Near(dx.a, tensor({double{NAN}, 0.0}), 0));
    EXPECT_TRUE(Near(dx.b, tensor({0.0, double{INFINITY}}), 0));
  }
}

TEST(Where, GuardsASingularBranch) {
  // The square inside is infinite for the value that is not selected; its gradient must not be NaN.
  const Tensor x = parameter(tensor({1e30, 3.0}));
  const Tensor safe = where(tensor({false, true}), x, 1.0);
  const Tensor dx = backward(sum(safe * safe))[x];
  EXPECT_TRUE(SameBits(dx, tensor({0.0, 6.0})));
}

TEST(Where, PropagatesSelectedNaN) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(where(tensor({true, false}), full({2}, NAN), zeros({2})),
                     tensor({double{NAN}, 0.0}), 0));
  }
}

TEST(Where, KeepsBitsOfEveryDType) {
  const Tensor condition = tensor({true, false, true});
  for (DType dtype : kAllDTypes) {
    for (Where column : {Where::kSimd, Where::kReference}) {
      const ScopedKernels kernels(column);
      const Tensor a = tensor({1, 1, 0}, dtype), b = tensor({0, 0, 1}, dtype);
      EXPECT_TRUE(SameBits(where(condition, a, b), tensor({1, 0, 0}, dtype))) << dtype;
    }
  }
  const std::vector<double> y = where(condition, tensor({-0.0, 1.0, 1.0}), 5.0).to_vector<double>();
  EXPECT_TRUE(std::signbit(y[0]));
}

TEST(Where, PromotesItsOperands) {
  const Tensor condition = tensor({true});
  EXPECT_EQ(where(condition, tensor({1}, DType::kUInt8), tensor({1}, DType::kInt8)).dtype(),
            DType::kInt16);
  EXPECT_EQ(where(condition, tensor({1.0}, DType::kFloat16), tensor({1.0})).dtype(),
            DType::kFloat32);
  EXPECT_EQ(where(condition, tensor({true}), tensor({false})).dtype(), DType::kBool);
}

TEST(Where, LeavesUnwantedGradientsUndefined) {
  const GradientPair dx = where_backward(ones({2}), tensor({true, false}), {2}, {2}, {.b = false});
  EXPECT_FALSE(dx.b.defined());
  EXPECT_TRUE(SameBits(dx.a, tensor({1.0, 0.0})));
}

}  // namespace
}  // namespace prova

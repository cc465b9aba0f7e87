#include "ops/relu/relu.h"

#include <cmath>

#include "autograd/tape.h"
#include "gradcheck/testing.h"
#include "ops/mul/mul.h"
#include "ops/neg/neg.h"
#include "ops/sub/sub.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;

TEST(Relu, Examples) {
  EXPECT_TRUE(SameBits(relu(tensor({-2.0, 0.0, 3.0})), tensor({0.0, 0.0, 3.0})));
}

TEST(Relu, IsIdempotent) {
  ForAll("relu(relu(x)) = relu(x)", [](Draw& draw) {
    const Tensor y = relu(draw.tensor());
    return SameBits(relu(y), y);
  });
}

TEST(Relu, SplitsNumbersByTheirSign) {
  ForAll("relu(x) - relu(-x) = x", [](Draw& draw) {
    const Tensor x = draw.tensor();
    return SameBits(sub(relu(x), relu(neg(x))), x);
  });
}

TEST(Relu, IsPositivelyHomogeneous) {
  ForAll("relu(c x) = c relu(x) for c > 0", [](Draw& draw) {
    const Tensor x = draw.tensor();
    const double c = draw.real(0.001, 1000);
    return SameBits(relu(mul(x, c)), mul(relu(x), c));
  });
}

TEST(Relu, IsMonotone) {
  ForAll("a <= b gives relu(a) <= relu(b)", [](Draw& draw) {
    const double a = draw.real(-4, 4), b = a + draw.real(0, 4);
    const std::vector<double> y = relu(tensor({a, b}, DType::kFloat64)).to_vector<double>();
    return y[0] <= y[1] ? testing::AssertionSuccess()
                        : testing::AssertionFailure() << y[0] << " and " << y[1];
  });
}

TEST(Relu, HasALinearSymmetricGradient) {
  ForAll("<relu_backward(u, x), v> = <u, relu_backward(v, x)>", [](Draw& draw) {
    const Tensor x = draw.tensor(), u = draw.tensor(x.shape()), v = draw.tensor(x.shape());
    const double left = Dot(relu_backward(u, x), v), right = Dot(u, relu_backward(v, x));
    return left == right ? testing::AssertionSuccess()
                         : testing::AssertionFailure() << left << " and " << right;
  });
}

TEST(ReluGradient, KnownValues) {
  const Tensor x = parameter(tensor({-2.0, 3.0, 0.5, -0.5}));
  const Gradients g = backward(relu(x), {.cotangents = {tensor({10.0, 20.0, 30.0, 40.0})}});
  EXPECT_TRUE(SameBits(g[x], tensor({0.0, 20.0, 30.0, 0.0})));
}

TEST(ReluGradient, IsZeroAtTheKink) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(relu_backward(full({4}, 7), tensor({0.0, -0.0, 1e-45, -1e-45})),
                         tensor({0.0, 0.0, 7.0, 0.0})));
  }
}

TEST(ReluGradient, SelectsRatherThanMultiplies) {
  // 0 * inf would be NaN.
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(relu_backward(tensor({kInf, NAN, kInf, NAN}), tensor({-1.0, -1.0, 1.0, 1.0})),
                     tensor({0.0, 0.0, kInf, NAN}), 0));
  }
}

TEST(Relu, KeepsInfinityAndNaN) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (int64_t n : {1, 16, 35}) EXPECT_TRUE(Near(relu(full({n}, NAN)), full({n}, NAN), 0));
    EXPECT_TRUE(
        SameBits(relu(tensor({kInf, -kInf, -0.0, 1e-45})), tensor({kInf, 0.0, 0.0, 1e-45})));
    EXPECT_TRUE(SameBits(relu_backward(ones({1}), tensor({NAN})), zeros({1})));
  }
}

}  // namespace
}  // namespace prova

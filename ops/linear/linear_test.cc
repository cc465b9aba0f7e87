#include "ops/linear/linear.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/gelu/gelu.h"
#include "ops/relu/relu.h"

namespace prova {
namespace {

struct Layer {
  Tensor x, weight, bias;
};

/// Sizes on both sides of a tile of registers.
Layer AnyLayer(Draw& draw) {
  const int64_t in = draw.integer(1, 40), out = draw.integer(1, 40);
  return {draw.tensor(Shape{draw.integer(1, 3), draw.integer(1, 12), in}),
          draw.tensor(Shape{out, in}), draw.tensor(Shape{out})};
}

TEST(Linear, Examples) {
  const Tensor weight = tensor({{1.0, 2.0}, {3.0, 4.0}, {0.0, -1.0}});
  const Tensor bias = tensor({100.0, 200.0, 300.0});
  EXPECT_TRUE(SameBits(linear(tensor({5.0, 6.0}), weight), tensor({17.0, 39.0, -6.0})));
  EXPECT_TRUE(SameBits(linear(tensor({{5.0, 6.0}, {1.0, 0.0}}), weight, bias),
                       tensor({{117.0, 239.0, 294.0}, {101.0, 203.0, 300.0}})));
}

TEST(Linear, ExamplesWithActivation) {
  const Tensor weight = tensor({{1.0, 2.0}, {3.0, -4.0}}), bias = tensor({1.0, 2.0});
  EXPECT_TRUE(
      SameBits(linear(tensor({5.0, 6.0}), weight, bias, Activation::kRelu), tensor({18.0, 0.0})));
  // gelu(0) = 0, gelu(1) = Phi(1).
  const Tensor y = linear(tensor({1.0, -1.0}), weight, bias, Activation::kGelu);
  EXPECT_EQ(y.to_vector<float>()[0], 0);
  EXPECT_NEAR(linear(tensor({1.0}), tensor({{1.0}}), {}, Activation::kGelu).item<float>(),
              0.8413447f, 1e-7f);
}

TEST(Linear, ActivatesAsTheOperationsDo) {
  ForAll("an activation is that operation on the plain result, bit for bit", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor y = linear(of.x, of.weight, of.bias);
    const auto is_relu = SameBits(linear(of.x, of.weight, of.bias, Activation::kRelu), relu(y));
    if (!is_relu) return is_relu;
    return SameBits(linear(of.x, of.weight, of.bias, Activation::kGelu), gelu(y));
  });
}

TEST(Linear, ActivatesOnTheTapeAsWithout) {
  ForAll("recording changes no bit of the result", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor w = parameter(of.weight);
    const Activation activation = draw.integer(0, 1) ? Activation::kRelu : Activation::kGelu;
    const Tensor taped = linear(of.x, w, of.bias, activation);
    if (!is_tracked(taped)) return testing::AssertionFailure() << "nothing is recorded";
    return SameBits(taped, linear(of.x, of.weight, of.bias, activation));
  });
}

TEST(Linear, GivesTheBiasAtZero) {
  ForAll("an input of zeros gives the bias, bit for bit", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor y = linear(zeros_like(of.x), of.weight, of.bias);
    return SameBits(y, expand(of.bias, y.shape()));
  });
}

TEST(Linear, IsAffine) {
  ForAll("f(x + z) = f(x) + f(z) without its bias", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor z = draw.tensor(of.x.shape());
    return Near(linear(add(of.x, z), of.weight, of.bias),
                add(linear(of.x, of.weight, of.bias), linear(z, of.weight)), 1e-13);
  });
}

TEST(Linear, TreatsRowsAlike) {
  ForAll("the leading axes are rows: reshaping them before or after is the same", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor y = linear(of.x, of.weight, of.bias);
    const Tensor flat = linear(reshape(of.x, {-1, of.x.size(-1)}), of.weight, of.bias);
    return SameBits(y, reshape(flat, y.shape()));
  });
}

TEST(Linear, PermutesWithItsWeight) {
  ForAll("reversing the rows of weight and bias reverses the features", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    auto reversed = [](const Tensor& t, int64_t axis) { return slice(t, axis, {.step = -1}); };
    return Near(linear(of.x, reversed(of.weight, 0), reversed(of.bias, 0)),
                reversed(linear(of.x, of.weight, of.bias), -1), 1e-13);
  });
}

TEST(Linear, HasAdjointGradients) {
  ForAll("<y, v> = <x, dx> = <W, dW>, and db is v summed over the rows", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor y = linear(of.x, of.weight), v = draw.tensor(y.shape());
    const GradientTriple dx = linear_backward(v, of.x, of.weight);
    const double size = 16.0 * static_cast<double>(y.numel() * of.x.size(-1));
    for (double other : {Dot(of.x, dx.input), Dot(of.weight, dx.weight)}) {
      if (std::abs(other - Dot(y, v)) > 1e-12 * size) {
        return testing::AssertionFailure() << other << " and " << Dot(y, v);
      }
    }
    return Near(dx.bias, sum_to(v, of.bias.shape()), 0);
  });
}

TEST(LinearGradient, Shapes) {
  const GradientTriple dx = linear_backward(ones({5, 2, 3}), ones({5, 2, 4}), ones({3, 4}));
  EXPECT_EQ(dx.input.shape(), (Shape{5, 2, 4}));
  EXPECT_EQ(dx.weight.shape(), (Shape{3, 4}));
  EXPECT_EQ(dx.bias.shape(), (Shape{3}));
}

TEST(LinearGradient, KnownValues) {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}), weight = tensor({{5.0, 6.0}, {7.0, 8.0}});
  const GradientTriple dx = linear_backward(tensor({{1.0, 10.0}, {0.0, 1.0}}), x, weight);
  EXPECT_TRUE(SameBits(dx.input, tensor({{75.0, 86.0}, {7.0, 8.0}})));
  EXPECT_TRUE(SameBits(dx.weight, tensor({{1.0, 2.0}, {13.0, 24.0}})));
  EXPECT_TRUE(SameBits(dx.bias, tensor({1.0, 11.0})));
}

TEST(LinearGradient, BatchIsTheSumOfItsRows) {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}), weight = ones({3, 2}), dy = ones({2, 3});
  auto row = [](const Tensor& t, int64_t i) { return slice(t, 0, {i, i + 1}); };
  const GradientTriple all = linear_backward(dy, x, weight);
  const GradientTriple first = linear_backward(row(dy, 0), row(x, 0), weight);
  const GradientTriple second = linear_backward(row(dy, 1), row(x, 1), weight);
  EXPECT_TRUE(SameBits(all.weight, add(first.weight, second.weight)));
  EXPECT_TRUE(SameBits(all.bias, add(first.bias, second.bias)));
}

TEST(Linear, LeavesUnwantedGradientsUndefined) {
  const GradientTriple dx = linear_backward(ones({2, 3}), ones({2, 4}), ones({3, 4}),
                                            {.input = false, .weight = false, .bias = false});
  EXPECT_FALSE(dx.input.defined() || dx.weight.defined() || dx.bias.defined());
}

TEST(Linear, PropagatesNaNAndInfinity) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (int64_t rows : {1, 3}) {
      const Tensor x = ones({rows, 2});
      const Tensor y = linear(x, tensor({{NAN, 0.0}, {0.0, INFINITY}, {1.0, 1.0}}),
                              tensor({0.0, 1.0, -INFINITY}));
      EXPECT_TRUE(Near(y, expand(tensor({NAN, INFINITY, -INFINITY}), {rows, 3}), 0));
    }
  }
}

TEST(Linear, WithoutFeaturesIsTheBias) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor bias = tensor({1.0, 2.0});
    EXPECT_TRUE(SameBits(linear(zeros({3, 0}), zeros({2, 0}), bias), expand(bias, {3, 2})));
    EXPECT_TRUE(SameBits(linear(zeros({1, 0}), zeros({2, 0})), zeros({1, 2})));
  }
}

TEST(Linear, PromotesItsInputs) {
  const TensorOptions half = {.dtype = DType::kFloat16};
  EXPECT_EQ(linear(ones({2, 3}, half), ones({4, 3}, half)).dtype(), DType::kFloat16);
  EXPECT_EQ(linear(ones({2, 3}, half), ones({4, 3})).dtype(), DType::kFloat32);
}

}  // namespace
}  // namespace prova

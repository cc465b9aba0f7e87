#include "ops/conv2d/conv2d.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/matmul/matmul.h"
#include "ops/mul/mul.h"

namespace prova {
namespace {

struct Layer {
  Tensor x, weight;
  Conv2dOptions options;
};

Layer AnyLayer(Draw& draw) {
  auto size = [&](int64_t low, int64_t high) {
    return Size2d(draw.integer(low, high), draw.integer(low, high));
  };
  const int64_t groups = draw.integer(1, 2), in = draw.integer(1, 4), out = draw.integer(1, 9);
  return {
      draw.tensor(Shape{draw.integer(1, 2), groups * in, draw.integer(5, 9), draw.integer(5, 20)}),
      draw.tensor(Shape{groups * out, in, draw.integer(1, 3), draw.integer(1, 3)}),
      {.stride = size(1, 3), .padding = size(0, 2), .dilation = size(1, 2), .groups = groups}};
}

Tensor Apply(const Layer& of) { return conv2d(of.x, of.weight, {}, of.options); }

/// The planes 1, 2, 3, …
Tensor Counting(int64_t height, int64_t width) {
  return reshape(cast(add(arange(height * width), 1.0), DType::kFloat32), {1, 1, height, width});
}

Tensor Plane(const Tensor& matrix) { return unsqueeze(unsqueeze(matrix, 0), 0); }

TEST(Conv2d, Examples) {
  const Tensor x = Counting(3, 3), four = ones({1, 1, 2, 2});
  EXPECT_TRUE(SameBits(conv2d(x, four), Plane(tensor({{12.0, 16.0}, {24.0, 28.0}}))));
  EXPECT_TRUE(
      SameBits(conv2d(x, four, tensor({0.5})), Plane(tensor({{12.5, 16.5}, {24.5, 28.5}}))));
  EXPECT_TRUE(SameBits(conv2d(x, four, {}, {.stride = 2, .padding = 1}),
                       Plane(tensor({{1.0, 5.0}, {11.0, 28.0}}))));
  EXPECT_TRUE(SameBits(conv2d(x, four, {}, {.dilation = 2}), Plane(tensor({{20.0}}))));
  // No flip: the first element of the kernel meets the first element of the window.
  EXPECT_TRUE(SameBits(conv2d(x, Plane(tensor({{1.0, 0.0}, {0.0, 0.0}}))),
                       Plane(tensor({{1.0, 2.0}, {4.0, 5.0}}))));
}

TEST(Conv2d, KeepsImagesUnderAUnitImpulse) {
  ForAll("a kernel with a one in its middle returns the image, bit for bit", [](Draw& draw) {
    const Tensor x = draw.tensor(Shape{2, 1, draw.integer(1, 9), draw.integer(1, 40)});
    const Tensor impulse =
        Plane(tensor({{0.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 0.0}}, DType::kFloat64));
    return SameBits(conv2d(x, impulse, {}, {.padding = 1}), x);
  });
}

TEST(Conv2d, IsLinear) {
  ForAll("the result is linear in the image", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor z = draw.tensor(of.x.shape());
    return Near(conv2d(add(of.x, z), of.weight, {}, of.options),
                add(Apply(of), conv2d(z, of.weight, {}, of.options)), 1e-13);
  });
}

TEST(Conv2d, HasAdjointGradients) {
  ForAll("<y, v> = <x, dx> = <W, dW>", [](Draw& draw) {
    const Layer of = AnyLayer(draw);
    const Tensor y = Apply(of), v = draw.tensor(y.shape());
    const GradientTriple dx = conv2d_backward(v, of.x, of.weight, of.options);
    const double size = 64.0 * static_cast<double>(y.numel() * of.weight.numel());
    for (double other : {Dot(of.x, dx.input), Dot(of.weight, dx.weight)}) {
      if (std::abs(other - Dot(y, v)) > 1e-13 * size) {
        return testing::AssertionFailure() << other << " and " << Dot(y, v);
      }
    }
    const Shape per_filter = {1, y.size(1), 1, 1};
    return Near(dx.bias, reshape(sum_to(v, per_filter), {y.size(1)}), 0);
  });
}

TEST(Conv2d, MovesWithTheImage) {
  ForAll("without padding, cutting off a row and a column cuts them off the result",
         [](Draw& draw) {
           Layer of = AnyLayer(draw);
           of.options.stride = 1;
           of.options.padding = 0;
           auto cut = [](const Tensor& t) {
             return slice(slice(t, 2, {.start = 1}), 3, {.start = 1});
           };
           of.x = draw.tensor(Shape{1, of.x.size(1), 7, 12});
           const Tensor y = Apply(of);
           of.x = cut(of.x);
           return Near(Apply(of), cut(y), 1e-13);
         });
}

TEST(Conv2d, FlipsWithImageAndKernel) {
  ForAll("flipping image and kernel flips the result where strides are 1", [](Draw& draw) {
    Layer of = AnyLayer(draw);
    of.options.stride = 1;
    auto flip = [](const Tensor& t) { return slice(slice(t, 2, {.step = -1}), 3, {.step = -1}); };
    return Near(conv2d(flip(of.x), flip(of.weight), {}, of.options), flip(Apply(of)), 1e-13);
  });
}

TEST(Conv2d, SkipsWindowsByItsStride) {
  ForAll("stride s takes every s-th window of stride 1", [](Draw& draw) {
    Layer of = AnyLayer(draw);
    const Tensor y = Apply(of);
    const Size2d stride = of.options.stride;
    of.options.stride = 1;
    return Near(y, slice(slice(Apply(of), 2, {.step = stride.height}), 3, {.step = stride.width}),
                1e-13);
  });
}

TEST(Conv2d, DilatesAsSparseImagesDo) {
  ForAll("dilation 2 on an image is dilation 1 on its every second element", [](Draw& draw) {
    Layer of = AnyLayer(draw);
    of.options = {.dilation = 2, .groups = of.options.groups};
    auto half = [](const Tensor& t) { return slice(slice(t, 2, {.step = 2}), 3, {.step = 2}); };
    const Tensor y = half(Apply(of));
    of.x = half(of.x);
    of.options.dilation = 1;
    return Near(Apply(of), y, 1e-13);
  });
}

TEST(Conv2d, SeparatesGroups) {
  ForAll("a group is a convolution of its own channels", [](Draw& draw) {
    Layer of = AnyLayer(draw);
    of.options.groups = 2;
    of.x = draw.tensor(Shape{2, 2 * of.weight.size(1), 6, 7});
    of.weight = draw.tensor(Shape{8, of.weight.size(1), 2, 3});
    auto second = [](const Tensor& t, int64_t axis) {
      return slice(t, axis, {.start = t.size(axis) / 2});
    };
    Conv2dOptions alone = of.options;
    alone.groups = 1;
    return Near(second(Apply(of), 1), conv2d(second(of.x, 1), second(of.weight, 0), {}, alone),
                1e-13);
  });
}

TEST(Conv2d, MultipliesMatricesWithAKernelOfOne) {
  ForAll("a kernel of 1 x 1 is a matrix product over the channels", [](Draw& draw) {
    const Tensor x = draw.tensor(Shape{2, draw.integer(1, 20), 3, draw.integer(1, 20)});
    const Tensor weight = draw.tensor(Shape{draw.integer(1, 20), x.size(1)});
    const Tensor y = matmul(weight, reshape(x, {2, x.size(1), -1}));
    return Near(conv2d(x, reshape(weight, {weight.size(0), -1, 1, 1})),
                reshape(y, {2, weight.size(0), 3, x.size(3)}), 1e-13);
  });
}

TEST(Conv2d, WritesResultsLargerThanCaches) {
  const Tensor x = reshape(arange(256 * 512, {.dtype = DType::kFloat32}), {1, 1, 256, 512});
  const Tensor scales = add(arange(64, {.dtype = DType::kFloat32}), 0.5);
  EXPECT_TRUE(
      SameBits(conv2d(x, reshape(scales, {64, 1, 1, 1})), mul(x, reshape(scales, {1, 64, 1, 1}))));
}

TEST(Conv2dGradient, Shapes) {
  const GradientTriple dx =
      conv2d_backward(ones({2, 6, 3, 4}), ones({2, 4, 5, 7}), ones({6, 2, 3, 3}),
                      {.stride = 2, .padding = 1, .groups = 2});
  EXPECT_EQ(dx.input.shape(), (Shape{2, 4, 5, 7}));
  EXPECT_EQ(dx.weight.shape(), (Shape{6, 2, 3, 3}));
  EXPECT_EQ(dx.bias.shape(), (Shape{6}));
}

TEST(Conv2dGradient, KnownValues) {
  const Tensor weight = Plane(tensor({{1.0, 2.0}, {3.0, 4.0}}));
  const GradientTriple dx = conv2d_backward(ones({1, 1, 2, 2}), Counting(3, 3), weight);
  EXPECT_TRUE(
      SameBits(dx.input, Plane(tensor({{1.0, 3.0, 2.0}, {4.0, 10.0, 6.0}, {3.0, 7.0, 4.0}}))));
  EXPECT_TRUE(SameBits(dx.weight, Plane(tensor({{12.0, 16.0}, {24.0, 28.0}}))));
  EXPECT_TRUE(SameBits(dx.bias, tensor({4.0})));
}

TEST(Conv2dGradient, Stride) {
  // Windows of stride 2 do not overlap: each receives the weight; the last column lies in none.
  const Tensor weight = Plane(tensor({{1.0, 2.0}, {3.0, 4.0}}));
  const GradientTriple dx =
      conv2d_backward(ones({1, 1, 1, 2}), Counting(2, 5), weight, {.stride = 2});
  EXPECT_TRUE(
      SameBits(dx.input, Plane(tensor({{1.0, 2.0, 1.0, 2.0, 0.0}, {3.0, 4.0, 3.0, 4.0, 0.0}}))));
  EXPECT_TRUE(SameBits(dx.weight, Plane(tensor({{4.0, 6.0}, {14.0, 16.0}}))));
}

TEST(Conv2d, LeavesUnwantedGradientsUndefined) {
  const GradientTriple dx = conv2d_backward(ones({1, 1, 2, 2}), Counting(3, 3), ones({1, 1, 2, 2}),
                                            {}, {.input = false, .weight = false, .bias = false});
  EXPECT_FALSE(dx.input.defined() || dx.weight.defined() || dx.bias.defined());
}

TEST(Conv2d, PropagatesNaNToTheWindowsThatHoldIt) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor x =
        Plane(tensor({{NAN, 1.0, 1.0, 1.0}, {1.0, 1.0, 1.0, 1.0}, {1.0, 1.0, 1.0, INFINITY}}));
    EXPECT_TRUE(Near(conv2d(x, ones({1, 1, 2, 2})),
                     Plane(tensor({{NAN, 4.0, 4.0}, {4.0, 4.0, INFINITY}})), 0));
  }
}

TEST(Conv2d, WithoutChannelsIsTheBias) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor y = conv2d(zeros({1, 0, 3, 3}), zeros({2, 0, 2, 2}), tensor({1.0, 2.0}));
    EXPECT_TRUE(SameBits(y, expand(reshape(tensor({1.0, 2.0}), {1, 2, 1, 1}), {1, 2, 2, 2})));
    EXPECT_TRUE(
        SameBits(conv2d_backward_weight(zeros({0, 1, 2, 2}), zeros({0, 1, 3, 3}), {1, 1, 2, 2}),
                 zeros({1, 1, 2, 2})));
    EXPECT_TRUE(
        SameBits(conv2d_backward_input(zeros({1, 0, 2, 2}), zeros({0, 1, 2, 2}), {1, 1, 3, 3}),
                 zeros({1, 1, 3, 3})));
  }
}

TEST(Conv2d, AcceptsAStrideFarBeyondTheImage) {
  const Tensor y = conv2d(Counting(3, 3), ones({1, 1, 2, 2}), {}, {.stride = int64_t{1} << 40});
  EXPECT_TRUE(SameBits(y, Plane(tensor({{12.0}}))));
}

TEST(Conv2d, PromotesItsInputs) {
  const TensorOptions half = {.dtype = DType::kFloat16};
  EXPECT_EQ(conv2d(ones({1, 1, 2, 2}, half), ones({1, 1, 1, 1}, half)).dtype(), DType::kFloat16);
  EXPECT_EQ(conv2d(ones({1, 1, 2, 2}, half), ones({1, 1, 1, 1})).dtype(), DType::kFloat32);
}

}  // namespace
}  // namespace prova

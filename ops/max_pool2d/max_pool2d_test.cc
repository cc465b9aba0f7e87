#include "ops/max_pool2d/max_pool2d.h"

#include <algorithm>
#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/mul/mul.h"

namespace prova {
namespace {

Tensor Image(Draw& draw) {
  return draw.tensor(
      Shape{draw.integer(1, 2), draw.integer(1, 3), draw.integer(4, 9), draw.integer(4, 9)});
}

/// Options under which every window of an image of at least 4 x 4 holds an element.
MaxPool2dOptions Options(Draw& draw) {
  return {.kernel = {draw.integer(2, 3), draw.integer(2, 3)},
          .stride = Size2d{draw.integer(1, 3), draw.integer(1, 3)},
          .padding = {draw.integer(0, 1), draw.integer(0, 1)},
          .ceil_mode = draw.boolean()};
}

TEST(MaxPool2d, Examples) {
  const Tensor x = tensor({{{1.0, 2.0, 5.0, 6.0}, {4.0, 3.0, 8.0, 7.0}}});
  EXPECT_TRUE(SameBits(max_pool2d(x, {.kernel = 2}), tensor({{{4.0, 8.0}}})));
  EXPECT_TRUE(SameBits(max_pool2d(x, {.kernel = 2, .stride = 1}), tensor({{{4.0, 8.0, 8.0}}})));
  EXPECT_TRUE(SameBits(max_pool2d(x, {.kernel = {1, 2}}), tensor({{{2.0, 6.0}, {4.0, 8.0}}})));
}

TEST(MaxPool2d, RoutesTheGradientToTheFirstMaximum) {
  const Tensor x = tensor({{{1.0, 7.0}, {7.0, 7.0}}}), dy = tensor({{{5.0}}});
  EXPECT_TRUE(
      SameBits(max_pool2d_backward(dy, x, {.kernel = 2}), tensor({{{0.0, 5.0}, {0.0, 0.0}}})));
}

TEST(MaxPool2d, AddsGradientsOfOverlappingWindows) {
  const Tensor x = tensor({{{0.0, 9.0, 0.0}}}), dy = tensor({{{2.0, 3.0}}});
  EXPECT_TRUE(SameBits(max_pool2d_backward(dy, x, {.kernel = {1, 2}, .stride = 1}),
                       tensor({{{0.0, 5.0, 0.0}}})));
}

TEST(MaxPool2d, CommutesWithMonotoneScaling) {
  ForAll("scaling the input by a positive power of two scales the result", [](Draw& draw) {
    const Tensor x = Image(draw);
    const MaxPool2dOptions options = Options(draw);
    return SameBits(max_pool2d(mul(x, 4.0), options), mul(max_pool2d(x, options), 4.0));
  });
}

TEST(MaxPool2d, IsIdempotentForUnitWindows) {
  ForAll("a window of one element with stride one changes nothing", [](Draw& draw) {
    const Tensor x = Image(draw);
    return SameBits(max_pool2d(x, {.kernel = 1}), x);
  });
}

TEST(MaxPool2d, IsEquivariantToFlips) {
  ForAll("without a rest, flipping the image flips the result", [](Draw& draw) {
    const int64_t k = draw.integer(1, 3);
    const Tensor x = draw.tensor(Shape{1, 2, k * draw.integer(1, 4), k * draw.integer(1, 4)});
    auto flip = [](const Tensor& t) { return slice(slice(t, -1, {.step = -1}), -2, {.step = -1}); };
    return SameBits(max_pool2d(flip(x), {.kernel = k}), flip(max_pool2d(x, {.kernel = k})));
  });
}

TEST(MaxPool2d, NeverChoosesPadding) {
  ForAll("every result is an element of its plane, however negative", [](Draw& draw) {
    const Tensor x = add(Image(draw), -1000.0);
    const Tensor y = max_pool2d(x, Options(draw));
    for (double value : y.to_vector<double>()) {
      const std::vector<double> elements = x.to_vector<double>();
      if (std::find(elements.begin(), elements.end(), value) == elements.end()) {
        return testing::AssertionFailure() << value << " is no element of x";
      }
    }
    return testing::AssertionSuccess();
  });
}

TEST(MaxPool2d, KeepsTheSumOfGradients) {
  ForAll("the gradient of x sums to the sum of dy: each goes to one element", [](Draw& draw) {
    const Tensor x = Image(draw);
    const MaxPool2dOptions options = Options(draw);
    const Tensor dy = draw.tensor(max_pool2d(x, options).shape());
    const double total = Dot(dy, ones_like(dy));
    const double routed = Dot(max_pool2d_backward(dy, x, options), ones_like(x));
    return std::abs(total - routed) <= 1e-12 * static_cast<double>(dy.numel())
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << routed << " of " << total;
  });
}

TEST(MaxPool2d, HasSelectAsTheAdjointOfItsBackward) {
  ForAll("<select(v, x), dy> = <v, backward(dy, x)>", [](Draw& draw) {
    const Tensor x = Image(draw), v = draw.tensor(x.shape());
    const MaxPool2dOptions options = Options(draw);
    const Tensor dy = draw.tensor(max_pool2d(x, options).shape());
    const double left = Dot(max_pool2d_select(v, x, options), dy);
    const double right = Dot(v, max_pool2d_backward(dy, x, options));
    return std::abs(left - right) <= 1e-12 * static_cast<double>(16 * dy.numel())
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << left << " and " << right;
  });
}

TEST(MaxPool2d, PropagatesNaNAndInfinities) {
  const double inf = INFINITY;
  const Tensor x = tensor({{{-inf, -inf, NAN, 1.0, inf, 2.0}, {-inf, -inf, 9.0, 1.0, 0.0, NAN}}});
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(max_pool2d(x, {.kernel = 2}), tensor({{{-inf, NAN, NAN}}}), 0));
    // The first of equal -inf, and the first NaN although 9 comes later.
    EXPECT_TRUE(
        SameBits(max_pool2d_backward(tensor({{{1.0, 2.0, 3.0}}}), x, {.kernel = 2}),
                 tensor({{{1.0, 0.0, 2.0, 0.0, 0.0, 0.0}, {0.0, 0.0, 0.0, 0.0, 0.0, 3.0}}})));
  }
}

/// A few values that are often equal, NaN or infinite, of either sign of zero; perhaps one alone.
Tensor Special(Draw& draw, const Shape& shape) {
  const double values[] = {-INFINITY, 0.0, -0.0, 1.0, -1.0, INFINITY, NAN};
  const int64_t last = draw.integer(0, 6);
  std::vector<float> chosen;
  for (int64_t i = 0; i < NumElements(shape); ++i) {
    chosen.push_back(static_cast<float>(values[draw.integer(0, last)]));
  }
  return from_vector(chosen, shape);
}

/// The gradient by the kernels of every target has the bits of the reference's.
testing::AssertionResult RoutesAsTheReferenceDoes(Draw& draw, const Shape& shape,
                                                  const MaxPool2dOptions& options) {
  const DType dtype = draw.boolean() ? DType::kFloat32 : DType::kFloat64;
  const Tensor x = cast(Special(draw, shape), dtype);
  const Tensor dy = cast(Special(draw, max_pool2d(x, options).shape()), dtype);
  auto on = [&](Where column) {
    const ScopedKernels kernels(column);
    return max_pool2d_backward(dy, x, options);
  };
  const Tensor expected = on(Where::kReference);
  testing::AssertionResult same = testing::AssertionSuccess();
  ForEachTarget([&](const char* target) {
    if (same) same = SameBits(on(Where::kSimd), expected) << " on " << target;
  });
  return same;
}

TEST(MaxPool2d, RoutesThroughTilesAsTheReferenceDoes) {
  ForAll("windows side by side route the gradient bit for bit as the reference does",
         [](Draw& draw) {
           const Size2d kernel = {draw.integer(1, 3), draw.integer(1, 5)};
           const int64_t rows = draw.integer(1, 3), cols = draw.integer(1, 20);
           const Shape shape = {draw.integer(1, 3), rows * kernel.height + draw.integer(0, 1),
                                cols * kernel.width + draw.integer(0, 1)};
           return RoutesAsTheReferenceDoes(draw, shape, {.kernel = kernel});
         });
}

TEST(MaxPool2d, RoutesThroughSharedElementsAsTheReferenceDoes) {
  ForAll("windows that overlap or reach into padding route it bit for bit as the reference does",
         [](Draw& draw) {
           const int64_t kernel = draw.integer(2, 4), stride = draw.integer(1, 3);
           const MaxPool2dOptions options = {
               .kernel = kernel,
               .stride = Size2d{draw.integer(1, 4), stride},
               .padding = {draw.integer(0, kernel / 2), draw.integer(0, kernel / 2)},
               .ceil_mode = draw.boolean()};
           const Shape shape = {draw.integer(1, 3), draw.integer(4, 9), draw.integer(4, 70)};
           return RoutesAsTheReferenceDoes(draw, shape, options);
         });
}

TEST(MaxPool2d, RoutesAsTheReferenceDoesWhereTheGradientStreams) {
  // From 16 MiB on, rows that begin at vectors are stored around the caches.
  Rng rng(1);
  for (int64_t width : {224, 226}) {
    const Tensor x = randn({84, 224, width}, rng);
    const MaxPool2dOptions options = {.kernel = 3, .stride = 2, .padding = 1};
    const Tensor dy = randn({84, 112, width / 2}, rng);
    const Tensor expected = [&] {
      const ScopedKernels kernels(Where::kReference);
      return max_pool2d_backward(dy, x, options);
    }();
    ForEachTarget([&](const char* target) {
      EXPECT_TRUE(SameBits(max_pool2d_backward(dy, x, options), expected)) << target;
    });
  }
}

TEST(MaxPool2d, CountsWindowsAsPyTorchDoes) {
  auto side = [](int64_t size, const MaxPool2dOptions& options) {
    return max_pool2d(zeros({1, size, size}), options).size(-1);
  };
  EXPECT_EQ(side(7, {.kernel = 3, .stride = 2}), 3);
  EXPECT_EQ(side(8, {.kernel = 3, .stride = 2}), 3);
  EXPECT_EQ(side(8, {.kernel = 3, .stride = 2, .ceil_mode = true}), 4);
  // The last window would begin in the padding behind the input.
  EXPECT_EQ(side(2, {.kernel = 1, .stride = 3, .padding = 0, .ceil_mode = true}), 1);
  EXPECT_EQ(side(6, {.kernel = 3, .stride = 2, .padding = 1}), 3);
  EXPECT_EQ(side(9, {.kernel = 2, .stride = 1, .dilation = 3}), 6);
}

}  // namespace
}  // namespace prova

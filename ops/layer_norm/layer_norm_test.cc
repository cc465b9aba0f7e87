#include "ops/layer_norm/layer_norm.h"

#include <algorithm>
#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/div/div.h"
#include "ops/mean/mean.h"
#include "ops/mul/mul.h"
#include "ops/sub/sub.h"
#include "ops/sum/sum.h"

namespace prova {
namespace {

constexpr Where kColumns[] = {Where::kSimd, Where::kReference};
const double inf = INFINITY;

/// Samples of at least two elements.
Tensor DrawSamples(Draw& draw, int min_rank = 1) {
  return draw.tensor({.min_rank = min_rank, .min_size = 2, .max_size = 18, .low = -10, .high = 10});
}

/// dx alone, without weight.
Tensor InputGradient(const Tensor& dy, const Tensor& x, double epsilon) {
  return layer_norm_backward(dy, x, {}, epsilon, {.weight = false, .bias = false}).input;
}

TEST(LayerNorm, Examples) {
  // Mean 3, variance 4: deviations -2, 2, -2, 2 over 2.
  const Tensor x = tensor({1.0, 5.0, 1.0, 5.0});
  EXPECT_TRUE(Near(layer_norm(x, {}, {}, 0), tensor({-1.0, 1.0, -1.0, 1.0}), 1e-7));
  // With epsilon 12 the divisor is 4.
  EXPECT_TRUE(Near(layer_norm(x, {}, {}, 12), tensor({-0.5, 0.5, -0.5, 0.5}), 1e-7));
  EXPECT_TRUE(Near(layer_norm(x, tensor({1.0, 2.0, 3.0, 4.0}), tensor({0.0, 0.0, 0.0, 10.0}), 0),
                   tensor({-1.0, 2.0, -3.0, 14.0}), 1e-6));
  // Two axes are one sample.
  EXPECT_TRUE(Near(layer_norm(reshape(x, {2, 2}), ones({2, 2}), {}, 0),
                   tensor({{-1.0, 1.0}, {-1.0, 1.0}}), 1e-7));
}

TEST(LayerNorm, GradientOfFourElements) {
  // z = [-1, 1, -1, 1], scale 1/2, g = dy: mean(g) = 1/4, mean(g z) = -1/4.
  const Tensor x = tensor({{1.0, 5.0, 1.0, 5.0}});
  const GradientTriple dx = layer_norm_backward(tensor({{1.0, 0.0, 0.0, 0.0}}), x, {}, 0);
  EXPECT_TRUE(Near(dx.input, tensor({{0.25, 0.0, -0.25, 0.0}}), 1e-7));
  EXPECT_TRUE(Near(dx.weight, tensor({-1.0, 0.0, 0.0, 0.0}), 1e-7));
  EXPECT_TRUE(Near(dx.bias, tensor({1.0, 0.0, 0.0, 0.0}), 0));
}

TEST(LayerNorm, CentresAndScales) {
  ForAll("each sample has mean 0 and variance var / (var + epsilon)", [](Draw& draw) {
    const Tensor x = DrawSamples(draw);
    const double epsilon = draw.real(0.01, 1);
    const Tensor y = layer_norm(x, {}, {}, epsilon), average = mean(y, {-1});
    const testing::AssertionResult centred = Near(average, zeros_like(average), 1e-14);
    if (!centred) return centred;
    const Tensor d = sub(x, mean(x, {-1}, {.keepdims = true})), variance = mean(d * d, {-1});
    return Near(mean(y * y, {-1}), variance / (variance + epsilon), 1e-13);
  });
}

TEST(LayerNorm, IgnoresShifts) {
  ForAll("adding a number to every element of a sample changes nothing", [](Draw& draw) {
    const Tensor x = DrawSamples(draw);
    return Near(layer_norm(add(x, draw.real(-100, 100))), layer_norm(x), 1e-11);
  });
}

TEST(LayerNorm, IgnoresScales) {
  ForAll("scaling x by a and epsilon by a^2 changes at most the sign", [](Draw& draw) {
    const Tensor x = DrawSamples(draw);
    const double a = (draw.boolean() ? 1 : -1) * draw.real(0.1, 10), epsilon = draw.real(0, 1);
    return Near(layer_norm(mul(x, a), {}, {}, a * a * epsilon),
                mul(layer_norm(x, {}, {}, epsilon), a < 0 ? -1 : 1), 1e-12);
  });
}

TEST(LayerNorm, EndsWithWeightAndBias) {
  ForAll("weight stretches and bias moves the normalized elements", [](Draw& draw) {
    const Tensor x = DrawSamples(draw);
    const Tensor weight = draw.tensor(Shape{x.size(-1)}), bias = draw.tensor(Shape{x.size(-1)});
    return Near(layer_norm(x, weight, bias), layer_norm(x) * weight + bias, 1e-15);
  });
}

TEST(LayerNorm, TreatsSamplesOneByOne) {
  ForAll("a sample gives the same bits among others and alone", [](Draw& draw) {
    const Tensor x = DrawSamples(draw, /*min_rank=*/2);
    const int64_t i = draw.integer(0, x.size(0) - 1);
    auto alone = [i](const Tensor& t) {
      return contiguous(slice(t, 0, {.start = i, .stop = i + 1}));
    };
    return SameBits(layer_norm(alone(x)), alone(layer_norm(x)));
  });
}

TEST(LayerNorm, HasTheBitsOfARowAmongOthersAndAlone) {
  for (int64_t cols : {1, 16, 17, 64, 65, 131, 256, 257}) {
    Rng rng(1);
    const Tensor x = randn({7, cols}, rng), dy = randn({7, cols}, rng);
    const Tensor weight = randn({cols}, rng), bias = randn({cols}, rng);
    ForEachTarget([&](const char* target) {
      const Tensor y = layer_norm(x, weight, bias), dx = layer_norm_backward(dy, x, weight).input;
      for (int64_t row = 0; row < 7; ++row) {
        const auto alone = [&](const Tensor& t) {
          return contiguous(slice(t, 0, {.start = row, .stop = row + 1}));
        };
        EXPECT_TRUE(SameBits(layer_norm(alone(x), weight, bias), alone(y)))
            << target << ", " << cols;
        EXPECT_TRUE(SameBits(layer_norm_backward(alone(dy), alone(x), weight).input, alone(dx)))
            << target << ", " << cols;
      }
    });
  }
}

TEST(LayerNorm, SeesAxesOfASampleAsOne) {
  ForAll("flattening the axes of a sample changes nothing", [](Draw& draw) {
    const Tensor x = DrawSamples(draw, /*min_rank=*/3);
    const Shape sample = {x.size(-2), x.size(-1)};
    const Tensor weight = draw.tensor(sample), dy = draw.tensor(x.shape());
    const Shape flat = {x.size(0), x.size(1) * x.size(2)};
    const Tensor flat_weight = reshape(weight, {flat[1]});
    const testing::AssertionResult value =
        SameBits(reshape(layer_norm(x, weight), flat), layer_norm(reshape(x, flat), flat_weight));
    if (!value) return value;
    return SameBits(reshape(layer_norm_backward(dy, x, weight).input, flat),
                    layer_norm_backward(reshape(dy, flat), reshape(x, flat), flat_weight).input);
  });
}

TEST(LayerNorm, HasASymmetricDerivative) {
  ForAll("<u, J v> = <v, J u> for the derivative J of the normalized elements", [](Draw& draw) {
    const Tensor x = DrawSamples(draw);
    const Tensor u = draw.tensor(x.shape()), v = draw.tensor(x.shape());
    const double epsilon = draw.real(0.01, 1);
    const double left = Dot(u, InputGradient(v, x, epsilon));
    const double right = Dot(v, InputGradient(u, x, epsilon));
    return Near(full({}, left, {.dtype = DType::kFloat64}),
                full({}, right, {.dtype = DType::kFloat64}), 1e-11);
  });
}

TEST(LayerNorm, HasGradientOrthogonalToWhatItForgets) {
  ForAll("without epsilon dx is orthogonal to shifts and stretches of a sample", [](Draw& draw) {
    const Tensor x = draw.tensor(Shape{3, 5});
    const Tensor dx = InputGradient(draw.tensor(x.shape()), x, 0);
    const double size = std::max(1.0, std::sqrt(Dot(dx, dx)));
    const Tensor none = zeros({3}, {.dtype = DType::kFloat64});
    const testing::AssertionResult shifts = Near(mul(sum(dx, {-1}), 1 / size), none, 1e-13);
    return shifts ? Near(mul(sum(dx * layer_norm(x, {}, {}, 0), {-1}), 1 / size), none, 1e-13)
                  : shifts;
  });
}

TEST(LayerNorm, KeepsDigitsBesideALargeOffset) {
  // Deviations -1.5, -0.5, 0.5, 1.5, variance 1.25; in float32, mean(x^2) - mean(x)^2 is 0.
  const Tensor z = tensor({-1.3416408, -0.4472136, 0.4472136, 1.3416408});
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(layer_norm(tensor({1e4, 1e4 + 1, 1e4 + 2, 1e4 + 3}), {}, {}, 0), z, 2e-7));
    // 1e7 + 1.5 is no float32: the mean of the deviations restores what its rounding took.
    EXPECT_TRUE(Near(layer_norm(tensor({1e7, 1e7 + 1, 1e7 + 2, 1e7 + 3}), {}, {}, 0), z, 2e-7));
  }
}

TEST(LayerNorm, KeepsDigitsOfTheGradientBesideALargeOffset) {
  // The rounded mean is off by up to 2^-11 here, hundreds of times the tolerance.
  Rng rng(2);
  for (int64_t cols : {7, 40, 300}) {
    const Tensor x = cast(randn({5, cols}, rng) + 8192.0, DType::kFloat32);
    const Tensor dy = cast(randn({5, cols}, rng) + 1.0, DType::kFloat32);
    const Tensor exact =
        layer_norm_backward(cast(dy, DType::kFloat64), cast(x, DType::kFloat64)).input;
    ForEachTarget([&](const char* target) {
      const Tensor dx = cast(layer_norm_backward(dy, x).input, DType::kFloat64);
      EXPECT_TRUE(Near(dx, exact, 2e-6)) << target << ", " << cols;
    });
  }
}

TEST(LayerNorm, GivesBiasForEqualElements) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    for (double value : {0.0, 0.1, -7e5, 3e10}) {
      const Tensor y = layer_norm(full({2, 7}, value), ones({7}), full({7}, 3));
      EXPECT_TRUE(Near(y, full({2, 7}, 3), 1e-6)) << value;
    }
    const GradientTriple dx = layer_norm_backward(ones({2, 7}), zeros({2, 7}));
    EXPECT_TRUE(Near(dx.input, zeros({2, 7}), 1e-4));
    EXPECT_TRUE(SameBits(dx.weight, zeros({7})));
    EXPECT_TRUE(SameBits(dx.bias, full({7}, 2)));
    EXPECT_TRUE(Near(layer_norm(tensor({5.0, 5.0}), {}, {}, 0), full({2}, NAN), 0));
  }
}

TEST(LayerNorm, LetsNaNAndInfinityTakeTheirSampleOnly) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    for (double bad : {double{NAN}, inf, -inf}) {
      for (int64_t length : {2, 3, 4, 5, 17}) {
        std::vector<float> values(static_cast<size_t>(2 * length));
        for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 3);
        values[static_cast<size_t>(length - 1)] = static_cast<float>(bad);
        const std::vector<double> y =
            layer_norm(from_vector(values, {2, length})).to_vector<double>();
        for (size_t i = 0; i < y.size(); ++i) {
          EXPECT_EQ(std::isnan(y[i]), i < static_cast<size_t>(length)) << bad << " " << length;
        }
      }
    }
  }
}

TEST(LayerNorm, SumsNothingToZero) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    const GradientTriple dx = layer_norm_backward(zeros({0, 3}), zeros({0, 3}), ones({3}));
    EXPECT_EQ(dx.input.shape(), (Shape{0, 3}));
    EXPECT_TRUE(SameBits(dx.weight, zeros({3})));
    EXPECT_TRUE(SameBits(dx.bias, zeros({3})));
    EXPECT_EQ(layer_norm(zeros({3, 0})).shape(), (Shape{3, 0}));
  }
}

TEST(LayerNorm, KeepsDTypes) {
  const Tensor x = parameter(tensor({{1.0, 2.0}}, DType::kBFloat16));
  const Tensor weight = parameter(ones({2})), bias = parameter(ones({2}));
  const Tensor y = layer_norm(x, weight, bias);
  EXPECT_EQ(y.dtype(), DType::kBFloat16);
  const Gradients gradients = backward(Tensors{y}, {.cotangents = {detach(y)}});
  EXPECT_EQ(gradients[x].dtype(), DType::kBFloat16);
  EXPECT_EQ(gradients[weight].dtype(), DType::kFloat32);
  EXPECT_EQ(gradients[bias].dtype(), DType::kFloat32);
}

TEST(LayerNorm, DoesNotRoundItsWeightToSixteenBits) {
  // 1e5 is beyond float16, where 0 times it would be NaN.
  const Tensor y = layer_norm(tensor({{1.0, 0.0, 2.0}}, DType::kFloat16), tensor({1e5, 1.0, 1.0}));
  EXPECT_EQ(y.dtype(), DType::kFloat16);
  EXPECT_EQ(y.to_vector<float>()[0], 0);
}

TEST(LayerNorm, LeavesUnwantedGradientsUndefined) {
  const Tensor x = tensor({{1.0, 2.0}});
  const GradientTriple bias =
      layer_norm_backward(x, x, {}, 1e-5, {.input = false, .weight = false});
  EXPECT_FALSE(bias.input.defined() || bias.weight.defined());
  EXPECT_TRUE(SameBits(bias.bias, tensor({1.0, 2.0})));
  EXPECT_FALSE(layer_norm_backward(x, x, {}, 1e-5, {.bias = false}).bias.defined());
  EXPECT_FALSE(layer_norm_backward(x, x, {}, 1e-5, {false, false, false}).bias.defined());
}

TEST(LayerNorm, HasTheBitsOfItsRowsWhereTheResultStreams) {
  // From 16 MiB on, rows that begin at vectors are stored around the caches.
  for (int64_t cols : {128, 512, 515}) {
    const int64_t rows = (16 << 20) / 4 / cols + 1, some = 1000;
    Rng rng(1);
    const Tensor x = randn({rows, cols}, rng), dy = randn({rows, cols}, rng);
    const Tensor weight = randn({cols}, rng), bias = randn({cols}, rng);
    ForEachTarget([&](const char* target) {
      const Tensor y = layer_norm(x, weight, bias);
      const GradientTriple gradient = layer_norm_backward(dy, x, weight);
      Tensor dweight = zeros({cols}), dbias = zeros({cols});
      for (int64_t row = 0; row < rows; row += some) {
        const auto part = [&](const Tensor& of) {
          return slice(of, 0, {.start = row, .stop = std::min(row + some, rows)});
        };
        const GradientTriple of_part = layer_norm_backward(part(dy), part(x), weight);
        ASSERT_TRUE(SameBits(contiguous(part(y)), layer_norm(part(x), weight, bias)) &&
                    SameBits(contiguous(part(gradient.input)), of_part.input))
            << target << ", rows from " << row << " of " << cols;
        dweight = add(dweight, of_part.weight);
        dbias = add(dbias, of_part.bias);
      }
      EXPECT_TRUE(Near(gradient.weight, dweight, 1e-3)) << target << " " << cols;
      EXPECT_TRUE(Near(gradient.bias, dbias, 1e-3)) << target << " " << cols;
    });
  }
}

}  // namespace
}  // namespace prova

#include "ops/cross_entropy/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/div/div.h"
#include "ops/log_softmax/log_softmax.h"
#include "ops/mul/mul.h"
#include "ops/neg/neg.h"
#include "ops/sum/sum.h"

namespace prova {
namespace {

constexpr Where kColumns[] = {Where::kSimd, Where::kReference};
constexpr CrossEntropyOptions kEach = {.reduction = Reduction::kNone};
const double inf = INFINITY;

/// Scores of a few samples and a label for each.
struct Scored {
  Tensor logits;
  Tensor target;
};
Scored DrawScored(Draw& draw) {
  const int64_t samples = draw.integer(1, 6), classes = draw.integer(1, 18);
  Rng rng = draw.rng();
  return {draw.tensor(Shape{samples, classes}, {.low = -10, .high = 10}),
          randint(0, classes, {samples}, rng)};
}

TEST(CrossEntropy, Examples) {
  // Equal scores over 4 classes: log(4). Scores log(1), log(3): probabilities 1/4 and 3/4.
  EXPECT_NEAR(cross_entropy(zeros({1, 4}), tensor({2})).item(), std::log(4.0), 1e-6);
  const Tensor z = tensor({{0.0, std::log(3.0)}, {0.0, std::log(3.0)}});
  const Tensor t = tensor({0, 1});
  EXPECT_TRUE(Near(cross_entropy(z, t, kEach), tensor({std::log(4.0), -std::log(0.75)}), 1e-7));
  EXPECT_NEAR(cross_entropy(z, t).item(), (std::log(4.0) - std::log(0.75)) / 2, 1e-7);
  // The gradient of the mean: (p - q) / 2.
  EXPECT_TRUE(Near(cross_entropy_backward(tensor(1.0), z, t),
                   tensor({{-0.375, 0.375}, {0.125, -0.125}}), 1e-7));
}

TEST(CrossEntropy, KnownValues) {
  const Tensor z = tensor({2.0, 0.5, -1.0}, DType::kFloat64), t = tensor(0);
  const Tensor one = ones({}, {.dtype = DType::kFloat64});
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    EXPECT_NEAR(cross_entropy(z, t).item(), 0.2413113, 5e-8);
    EXPECT_TRUE(Near(cross_entropy_backward(one, z, t),
                     tensor({-0.21440297, 0.17529039, 0.03911257}, DType::kFloat64), 5e-9));
    EXPECT_NEAR(cross_entropy(z, t, {.label_smoothing = 0.1}).item(), 0.3913113, 5e-8);
  }
}

TEST(CrossEntropy, IsMinusTheLogProbabilityOfTheLabel) {
  ForAll("without smoothing the loss is -log_softmax at the label", [](Draw& draw) {
    const auto [z, t] = DrawScored(draw);
    const std::vector<double> log_p = log_softmax(z).to_vector<double>();
    std::vector<double> expected;
    for (int64_t label : t.to_vector<int64_t>()) {
      const int64_t row = static_cast<int64_t>(expected.size());
      expected.push_back(-log_p[static_cast<size_t>(row * z.size(1) + label)]);
    }
    return Near(cross_entropy(z, t, kEach), from_vector(expected, t.shape()), 1e-14);
  });
}

TEST(CrossEntropy, IgnoresShifts) {
  ForAll("adding a number to every score of a sample changes nothing", [](Draw& draw) {
    const auto [z, t] = DrawScored(draw);
    CrossEntropyOptions options = kEach;
    options.label_smoothing = draw.real(0, 1);
    const Tensor shift = draw.tensor(Shape{z.size(0), 1}, {.low = -100, .high = 100});
    return Near(cross_entropy(add(z, shift), t, options), cross_entropy(z, t, options), 1e-13);
  });
}

TEST(CrossEntropy, DoesNotCareForNamesOfClasses) {
  ForAll("renaming the classes in scores and labels alike changes nothing", [](Draw& draw) {
    const auto [z, t] = DrawScored(draw);
    const Dims name = draw.permutation(static_cast<int>(std::min<int64_t>(z.size(1), kMaxRank)));
    const int64_t rows = z.size(0), cols = z.size(1);
    auto rename = [&](int64_t j) { return j < name.rank() ? name[static_cast<int>(j)] : j; };
    const std::vector<double> before = z.to_vector<double>();
    std::vector<double> after(before.size());
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < cols; ++j) {
        after[static_cast<size_t>(i * cols + rename(j))] =
            before[static_cast<size_t>(i * cols + j)];
      }
    }
    std::vector<int64_t> labels = t.to_vector<int64_t>();
    for (int64_t& label : labels) label = rename(label);
    const CrossEntropyOptions options = {.label_smoothing = draw.real(0, 1)};
    return Near(
        cross_entropy(from_vector(after, z.shape()), from_vector(labels, t.shape()), options),
        cross_entropy(z, t, options), 1e-14);
  });
}

TEST(CrossEntropy, IsAtLeastTheEntropyOfItsAim) {
  ForAll("no scores bring the loss below the entropy of the smoothed label", [](Draw& draw) {
    const auto [z, t] = DrawScored(draw);
    CrossEntropyOptions options = kEach;
    options.label_smoothing = draw.real(0, 1);
    const double classes = static_cast<double>(z.size(1)), even = options.label_smoothing / classes;
    auto term = [](double q) { return q > 0 ? -q * std::log(q) : 0; };
    const double entropy = (classes - 1) * term(even) + term(1 - options.label_smoothing + even);
    for (double loss : cross_entropy(z, t, options).to_vector<double>()) {
      if (!(loss >= entropy - 1e-13)) return testing::AssertionFailure() << loss;
    }
    return testing::AssertionSuccess();
  });
}

TEST(CrossEntropy, IsLinearInTheSmoothing) {
  ForAll("loss(s) = (1 - s) loss(0) + s loss(1)", [](Draw& draw) {
    const auto [z, t] = DrawScored(draw);
    const double s = draw.real(0, 1);
    const Tensor hard = cross_entropy(z, t), even = cross_entropy(z, t, {.label_smoothing = 1});
    return Near(cross_entropy(z, t, {.label_smoothing = s}), mul(hard, 1 - s) + mul(even, s),
                1e-13);
  });
}

TEST(CrossEntropy, ReducesLossesOfSamples) {
  ForAll("sum and mean are those of the losses of the samples that count", [](Draw& draw) {
    const auto [z, t] = DrawScored(draw);
    CrossEntropyOptions options = {.ignore_index = draw.integer(0, z.size(1) - 1)};
    const std::vector<int64_t> labels = t.to_vector<int64_t>();
    const auto ignored = std::count(labels.begin(), labels.end(), options.ignore_index);
    const Tensor mean = cross_entropy(z, t, options);
    options.reduction = Reduction::kSum;
    const Tensor total = cross_entropy(z, t, options);
    options.reduction = Reduction::kNone;
    const Tensor each = sum(cross_entropy(z, t, options));
    const testing::AssertionResult same = Near(total, each, 1e-14);
    return same ? Near(mean, div(total, static_cast<double>(t.numel() - ignored)), 1e-14) : same;
  });
}

TEST(CrossEntropy, LeavesIgnoredSamplesOut) {
  ForAll("ignored samples change neither the mean nor a gradient, whatever they hold",
         [](Draw& draw) {
           const auto [z, t] = DrawScored(draw);
           const int64_t classes = z.size(1), more = draw.integer(1, 4);
           std::vector<double> scores = z.to_vector<double>();
           std::vector<int64_t> labels = t.to_vector<int64_t>();
           for (int64_t i = 0; i < more; ++i) {
             scores.insert(scores.end(), static_cast<size_t>(classes), NAN);
             labels.push_back(-100);
           }
           const int64_t rows = z.size(0) + more;
           const Tensor all = from_vector(scores, {rows, classes}),
                        all_t = from_vector(labels, {rows});
           const Tensor dy = full({}, draw.real(0.5, 2), {.dtype = DType::kFloat64});
           const Tensor dz = cross_entropy_backward(dy, all, all_t);
           const testing::AssertionResult loss =
               Near(cross_entropy(all, all_t), cross_entropy(z, t), 1e-15);
           if (!loss) return loss;
           const testing::AssertionResult none =
               SameBits(contiguous(slice(dz, 0, {.start = z.size(0)})),
                        zeros({more, classes}, {.dtype = DType::kFloat64}));
           if (!none) return none;
           return Near(slice(dz, 0, {.stop = z.size(0)}), cross_entropy_backward(dy, z, t), 1e-15);
         });
}

TEST(CrossEntropy, TreatsSamplesOneByOne) {
  ForAll("a sample's loss has the same bits among others and alone", [](Draw& draw) {
    const auto [scored, t] = DrawScored(draw);
    const Tensor z = cast(scored, draw.boolean() ? DType::kFloat32 : DType::kFloat64);
    const int64_t i = draw.integer(0, z.size(0) - 1);
    auto alone = [i](const Tensor& all) {
      return contiguous(slice(all, 0, {.start = i, .stop = i + 1}));
    };
    return SameBits(cross_entropy(alone(z), alone(t), kEach), alone(cross_entropy(z, t, kEach)));
  });
}

TEST(CrossEntropy, HasGradientOrthogonalToOnes) {
  ForAll("the gradient of a sample sums to zero; only the label's entry is negative",
         [](Draw& draw) {
           const auto [z, t] = DrawScored(draw);
           const Tensor dz = cross_entropy_backward(ones({}, {.dtype = DType::kFloat64}), z, t);
           const std::vector<double> values = dz.to_vector<double>();
           const std::vector<int64_t> labels = t.to_vector<int64_t>();
           for (size_t i = 0; i < values.size(); ++i) {
             const size_t cols = static_cast<size_t>(z.size(1));
             const bool is_label = labels[i / cols] == static_cast<int64_t>(i % cols);
             if (is_label ? values[i] > 0 : values[i] < 0) return testing::AssertionFailure() << dz;
           }
           const Tensor total = sum(dz, {1});
           return Near(total, zeros_like(total), 1e-15);
         });
}

TEST(CrossEntropy, SurvivesExtremeScores) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    // exp(10000) is infinite, and 0 is the probability of the label in any dtype.
    EXPECT_EQ(cross_entropy(tensor({1e4, 0.0}), tensor(1)).item(), 1e4);
    EXPECT_EQ(cross_entropy(tensor({1e4, 0.0}), tensor(0)).item(), 0);
    EXPECT_TRUE(SameBits(cross_entropy_backward(tensor(1.0), tensor({1e4, 0.0}), tensor(1)),
                         tensor({1.0, -1.0})));
  }
}

TEST(CrossEntropy, FollowsInfinityAndNaN) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    // A class masked by -inf costs nothing, costs everything as the label or when smoothed.
    const Tensor masked = tensor({-inf, 0.0, 0.0});
    EXPECT_NEAR(cross_entropy(masked, tensor(1)).item(), std::log(2.0), 1e-7);
    EXPECT_EQ(cross_entropy(masked, tensor(0)).item(), inf);
    EXPECT_EQ(cross_entropy(masked, tensor(1), {.label_smoothing = 0.1}).item(), inf);
    EXPECT_TRUE(Near(cross_entropy_backward(tensor(1.0), masked, tensor(1)),
                     tensor({0.0, -0.5, 0.5}), 1e-7));
    EXPECT_TRUE(std::isnan(cross_entropy(tensor({inf, 0.0}), tensor(0)).item()));
    for (int64_t at : {0, 3, 4, 16}) {
      std::vector<float> z(17, 0);
      z[static_cast<size_t>(at)] = NAN;
      const Tensor nan = from_vector(z, {17});
      EXPECT_TRUE(std::isnan(cross_entropy(nan, tensor(1)).item()));
      EXPECT_TRUE(Near(cross_entropy_backward(tensor(1.0), nan, tensor(1)), full({17}, NAN), 0));
    }
  }
}

TEST(CrossEntropy, OfNoSampleIsNaN) {
  const Tensor z = zeros({2, 3}), ignored = tensor({-100, -100});
  EXPECT_TRUE(std::isnan(cross_entropy(z, ignored).item()));
  EXPECT_TRUE(
      std::isnan(cross_entropy(zeros({0, 3}), zeros({0}, {.dtype = DType::kInt64})).item()));
  EXPECT_EQ(cross_entropy(z, ignored, {.reduction = Reduction::kSum}).item(), 0);
  EXPECT_TRUE(SameBits(cross_entropy_backward(tensor(1.0), z, ignored), z));
}

TEST(CrossEntropy, GivesTheLabelsNoGradient) {
  const Tensor z = parameter(zeros({1, 2}));
  const Tensor loss = cross_entropy(z, tensor({1}));
  EXPECT_TRUE(Near(backward(loss)[z], tensor({{0.5, -0.5}}), 1e-7));
}

}  // namespace
}  // namespace prova

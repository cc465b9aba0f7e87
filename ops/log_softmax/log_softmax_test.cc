#include "ops/log_softmax/log_softmax.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/exp/exp.h"
#include "ops/log/log.h"
#include "ops/max/max.h"
#include "ops/softmax/softmax.h"
#include "ops/sum/sum.h"

namespace prova {
namespace {

// Rows longer than a vector of any target.
constexpr TensorSpec kScores = {.max_size = 18, .low = -20, .high = 20};
constexpr Where kColumns[] = {Where::kSimd, Where::kReference};
const double inf = INFINITY;

TEST(LogSoftmax, Examples) {
  // Probabilities 1/4 and 3/4.
  EXPECT_TRUE(Near(log_softmax(tensor({0.0, std::log(3.0)})),
                   tensor({-std::log(4.0), std::log(0.75)}), 1e-7));
  EXPECT_TRUE(
      Near(log_softmax(tensor({{5.0, 5.0}, {1.0, 1.0}})), full({2, 2}, -std::log(2.0)), 1e-7));
  EXPECT_TRUE(Near(log_softmax(tensor({{0.0, 9.0}, {std::log(4.0), 9.0}}), 0),
                   tensor({{-std::log(5.0), -std::log(2.0)}, {std::log(0.8), -std::log(2.0)}}),
                   1e-7));
}

TEST(LogSoftmax, GradientOfTwoEqualScores) {
  // p = [1/2, 1/2]: dx = dy - p * sum(dy).
  const Tensor y = log_softmax(tensor({7.0, 7.0}));
  EXPECT_TRUE(Near(log_softmax_backward(tensor({1.0, 0.0}), y), tensor({0.5, -0.5}), 1e-7));
  EXPECT_TRUE(Near(log_softmax_backward(tensor({3.0, 1.0}), y), tensor({1.0, -1.0}), 1e-7));
}

TEST(LogSoftmax, IsTheLogarithmOfSoftmax) {
  ForAll("its exponential is softmax", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    const int64_t axis = draw.integer(0, x.rank() - 1);
    return Near(exp(log_softmax(x, axis)), softmax(x, axis), 1e-14);
  });
}

TEST(LogSoftmax, IgnoresShifts) {
  ForAll("adding a number to every entry changes nothing", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    return Near(log_softmax(add(x, draw.real(-100, 100))), log_softmax(x), 1e-14);
  });
}

TEST(LogSoftmax, IsItsOwnFixedPoint) {
  ForAll("log-probabilities are their own log_softmax", [](Draw& draw) {
    const Tensor y = log_softmax(draw.tensor(kScores));
    return Near(log_softmax(y), y, 1e-14);
  });
}

TEST(LogSoftmax, PermutesWithItsInput) {
  ForAll("permuting the axes of the input permutes the result", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    const Dims order = draw.permutation(x.rank());
    const int64_t axis = draw.integer(0, x.rank() - 1);
    return Near(log_softmax(permute(x, order), axis), permute(log_softmax(x, order[axis]), order),
                1e-15);
  });
}

TEST(LogSoftmax, HasTheBitsOfARowAmongOthersAndAlone) {
  for (int64_t cols : {1, 3, 8, 16, 17, 64, 65}) {
    for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
      Rng rng(1);
      const Tensor x = randn({7, cols}, rng, {.dtype = dtype});
      ForEachTarget([&](const char* target) {
        const Tensor y = log_softmax(x);
        for (int64_t row = 0; row < 7; ++row) {
          const auto alone = [&](const Tensor& t) {
            return contiguous(slice(t, 0, {.start = row, .stop = row + 1}));
          };
          EXPECT_TRUE(SameBits(log_softmax(alone(x)), alone(y))) << target << ", " << x.shape();
        }
      });
    }
  }
}

TEST(LogSoftmax, KeepsNaNAndInfinityInTheirRow) {
  ForEachTarget([&](const char* target) {
    for (int64_t cols : {3, 16, 17}) {
      for (double odd : {double(NAN), inf, -inf}) {
        for (int64_t row = 0; row < 7; ++row) {
          std::vector<double> values(static_cast<size_t>(7 * cols), 0);
          values[row * cols + cols - 1] = odd;
          const auto y = log_softmax(from_vector(values, {7, cols})).to_vector<double>();
          for (int64_t i = 0; i < 7 * cols; ++i) {
            const bool same_row = i / cols == row;
            if (same_row && odd != -inf) {
              EXPECT_TRUE(std::isnan(y[i])) << target << " " << odd;
            } else if (same_row && i % cols == cols - 1) {
              EXPECT_EQ(y[i], -inf) << target;
            } else {
              EXPECT_NEAR(y[i], -std::log(double(same_row ? cols - 1 : cols)), 1e-6) << target;
            }
          }
        }
      }
    }
  });
}

TEST(LogSoftmax, HasAPeakAboveTheUniformOne) {
  ForAll("the largest entry lies between -log(cols) and 0", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    const double floor = -std::log(static_cast<double>(x.shape().back())) - 1e-15;
    for (double peak : max(log_softmax(x), {-1}).to_vector<double>()) {
      if (!(peak <= 0 && peak >= floor)) return testing::AssertionFailure() << peak;
    }
    return testing::AssertionSuccess();
  });
}

TEST(LogSoftmax, HasGradientOrthogonalToOnes) {
  ForAll("the gradient sums to zero along the axis, as shifts change nothing", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    const Tensor dx = log_softmax_backward(draw.tensor(x.shape()), log_softmax(x));
    const Tensor total = sum(dx, {-1});
    return Near(total, zeros_like(total), 1e-13);
  });
}

TEST(LogSoftmax, KeepsWhatSoftmaxLoses) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    const Tensor x = tensor({0.0, -200.0});
    // exp(-200) = 1.4e-87 is 0 in float32, its logarithm -inf.
    EXPECT_EQ(log(softmax(x)).to_vector<double>()[1], -inf);
    EXPECT_TRUE(SameBits(log_softmax(x), x));
    EXPECT_TRUE(SameBits(log_softmax(tensor({1000.0, -3e38})), tensor({0.0, -3e38})));
  }
}

TEST(LogSoftmax, FollowsInfinityAndNaN) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(log_softmax(tensor({-inf, 0.0})), tensor({-inf, 0.0}), 0));
    EXPECT_TRUE(Near(log_softmax(tensor({-inf, -inf})), full({2}, NAN), 0));
    EXPECT_TRUE(Near(log_softmax(tensor({inf, 0.0})), full({2}, NAN), 0));
    for (int64_t length : {1, 3, 4, 17}) {
      for (int64_t at = 0; at < length; ++at) {
        std::vector<float> x(static_cast<size_t>(length), 1);
        x[static_cast<size_t>(at)] = NAN;
        EXPECT_TRUE(Near(log_softmax(from_vector(x, {length})), full({length}, NAN), 0));
      }
    }
  }
}

TEST(LogSoftmax, PassesGradientsByAMaskedScore) {
  for (Where column : kColumns) {
    const ScopedKernels kernels(column);
    // exp(-inf) = 0: a score of -inf takes no part in the sum, its own dy passes.
    EXPECT_TRUE(SameBits(log_softmax_backward(tensor({2.0, 1.0}), tensor({-inf, 0.0})),
                         tensor({2.0, -2.0})));
    EXPECT_TRUE(
        Near(log_softmax_backward(tensor({0.0, 1.0}), tensor({NAN, 0.0})), tensor({NAN, 0.0}), 0));
  }
}

TEST(LogSoftmax, TakesRowsOfOneAndNone) {
  EXPECT_TRUE(SameBits(log_softmax(tensor({{4.0}, {-7.0}})), zeros({2, 1})));
  EXPECT_EQ(log_softmax(zeros({2, 0})).shape(), (Shape{2, 0}));
}

}  // namespace
}  // namespace prova

#include "ops/softmax/softmax.h"

#include <cmath>

#include "autograd/movement.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/mul/mul.h"
#include "ops/sum/sum.h"

namespace prova {
namespace {

// Rows longer than a vector of any target.
constexpr TensorSpec kScores = {.max_size = 18, .low = -20, .high = 20};

TEST(Softmax, Examples) {
  // exp(0) : exp(ln 3) = 1 : 3.
  EXPECT_TRUE(Near(softmax(tensor({0.0, std::log(3.0)})), tensor({0.25, 0.75}), 1e-7));
  EXPECT_TRUE(Near(softmax(tensor({{5.0, 5.0}, {1.0, 1.0}})), full({2, 2}, 0.5), 1e-7));
  EXPECT_TRUE(Near(softmax(tensor({{0.0, 9.0}, {std::log(4.0), 9.0}}), 0),
                   tensor({{0.2, 0.5}, {0.8, 0.5}}), 1e-7));
}

TEST(Softmax, SumsToOne) {
  ForAll("the entries along the axis sum to one", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    const int64_t axis = draw.integer(0, x.rank() - 1);
    const Tensor total = sum(softmax(x, axis), {axis});
    return Near(total, ones_like(total), 1e-14);
  });
}

TEST(Softmax, IgnoresShifts) {
  ForAll("adding a number to every entry changes nothing", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    return Near(softmax(add(x, draw.real(-100, 100))), softmax(x), 1e-13);
  });
}

TEST(Softmax, PermutesWithItsInput) {
  ForAll("permuting the axes of the input permutes the result", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    const Dims order = draw.permutation(x.rank());
    const int64_t axis = draw.integer(0, x.rank() - 1);
    return Near(softmax(permute(x, order), axis), permute(softmax(x, order[axis]), order), 1e-15);
  });
}

TEST(Softmax, KeepsOrder) {
  ForAll("a larger score has a larger probability", [](Draw& draw) {
    const Tensor x = draw.tensor(Shape{2}, kScores);
    const std::vector<double> score = x.to_vector<double>();
    const std::vector<double> p = softmax(x).to_vector<double>();
    return (score[0] < score[1]) == (p[0] < p[1]) || score[0] == score[1]
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << p[0] << " and " << p[1];
  });
}

TEST(Softmax, HasGradientOrthogonalToOnes) {
  ForAll("the gradient sums to zero along the axis, as shifts change nothing", [](Draw& draw) {
    const Tensor x = draw.tensor(kScores);
    const Tensor dx = softmax_backward(draw.tensor(x.shape()), softmax(x));
    const Tensor total = sum(dx, {-1});
    return Near(total, zeros_like(total), 1e-14);
  });
}

TEST(Softmax, SurvivesExtremeScores) {
  const double inf = INFINITY;
  EXPECT_TRUE(Near(softmax(tensor({1000.0, 1000.0})), tensor({0.5, 0.5}), 1e-7));
  EXPECT_TRUE(Near(softmax(tensor({-1000.0, 0.0})), tensor({0.0, 1.0}), 0));
  EXPECT_TRUE(Near(softmax(tensor({-inf, 0.0})), tensor({0.0, 1.0}), 0));
}

TEST(Softmax, GivesTheSameBitsWhereverARowBegins) {
  Rng rng(3);
  // Rows of whole packs, in registers of 8 to 256 threads of a GPU and longer.
  for (int64_t cols : {40, 200, 1000, 4000, 9000}) {
    const Tensor x = slice(randn({cols + 1}, rng), 0, {.start = 1}), moved = x * 1.0;
    const Tensor y = softmax(moved);
    EXPECT_TRUE(SameBits(softmax(x), y)) << cols;
    EXPECT_TRUE(SameBits(softmax_backward(x, y), softmax_backward(moved, y))) << cols;
  }
}

TEST(Softmax, GivesNaNWhereNoProbabilityExists) {
  const double inf = INFINITY;
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(Near(softmax(tensor({-inf, -inf})), full({2}, NAN), 0));
    EXPECT_TRUE(std::isnan(softmax(tensor({inf, 0.0})).to_vector<double>()[0]));
    EXPECT_TRUE(Near(softmax(tensor({NAN, 0.0, 1.0})), full({3}, NAN), 0));
  }
}

}  // namespace
}  // namespace prova

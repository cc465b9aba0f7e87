#include "ops/sqrt/sqrt.h"

#include <cmath>

#include "gradcheck/testing.h"
#include "gradcheck/ulp_samples.h"
#include "ops/mul/mul.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;

TEST(Sqrt, Examples) {
  EXPECT_TRUE(SameBits(sqrt(tensor({0.0, 1.0, 9.0, 2.25})), tensor({0.0, 1.0, 3.0, 1.5})));
}

TEST(Sqrt, UndoesSquares) {
  ForAll("the root of the square of an integer is that integer", [](Draw& draw) {
    const double k = static_cast<double>(draw.integer(0, int64_t{1} << 26));
    return SameBits(sqrt(tensor({k * k}, DType::kFloat64)), tensor({k}, DType::kFloat64));
  });
}

TEST(Sqrt, SquaresBack) {
  ForAll("sqrt(x)^2 = x to one epsilon", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = 0, .high = 1000});
    return Near(mul(sqrt(x), sqrt(x)), x, 2.3e-16);
  });
}

TEST(Sqrt, HalvesExponents) {
  ForAll("sqrt(4^k x) = 2^k sqrt(x), bit for bit", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = 0.5, .high = 4});
    const int k = static_cast<int>(draw.integer(-200, 200));
    return SameBits(sqrt(mul(x, std::ldexp(1.0, 2 * k))), mul(sqrt(x), std::ldexp(1.0, k)));
  });
}

TEST(Sqrt, HasTheSlopeOfTheInverse) {
  ForAll("the gradient times 2 sqrt(x) is the upstream gradient", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = 0.1, .high = 10}), dy = draw.tensor(x.shape());
    const Tensor y = sqrt(x);
    return Near(mul(sqrt_backward(dy, y), mul(y, 2.0)), dy, 1e-15);
  });
}

TEST(Sqrt, IsCorrectlyRounded) {
  ForAll("|x - y^2| <= y ulp(y), with the difference exact: y is the double nearest to the root",
         [](Draw& draw) {
           // 40 of them: vectors and a tail.
           const Tensor x = draw.tensor(Shape{40}, {.low = 1e-3, .high = 1e6});
           const std::vector<double> square = x.to_vector<double>();
           const std::vector<double> root = sqrt(x).to_vector<double>();
           for (size_t i = 0; i < root.size(); ++i) {
             const double y = root[i], ulp = std::nextafter(y, kInf) - y;
             if (std::abs(std::fma(-y, y, square[i])) <= y * ulp) continue;
             return testing::AssertionFailure() << "sqrt(" << square[i] << ") is " << y;
           }
           return testing::AssertionSuccess();
         });
  // 80 bits round to float as the root itself would.
  for (double high : {4.0, 1e-38, 3e38}) {
    EXPECT_TRUE(WithinUlps(sqrt, SweepSamples(DType::kFloat32, 0, high, std::sqrt, 0)));
  }
}

TEST(Sqrt, FollowsIeeeAtTheEdges) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const std::vector<double> y = sqrt(tensor({-0.0, kInf, -1.0, -kInf, NAN})).to_vector<double>();
    EXPECT_TRUE(y[0] == 0 && std::signbit(y[0]));
    EXPECT_EQ(y[1], kInf);
    EXPECT_TRUE(std::isnan(y[2]) && std::isnan(y[3]) && std::isnan(y[4]));
  }
}

TEST(Sqrt, HasInfiniteSlopeAtZero) {
  EXPECT_TRUE(
      Near(sqrt_backward(tensor({1.0, -1.0, 0.0}), zeros({3})), tensor({kInf, -kInf, NAN}), 0));
}

}  // namespace
}  // namespace prova

#include "ops/sqrt/sqrt.h"

#include <bit>
#include <cmath>
#include <limits>

#include "gradcheck/compare.h"
#include "gradcheck/testing.h"
#include "gradcheck/ulp_samples.h"
#include "ops/mul/mul.h"
#include "tensor/create.h"

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

/// Floats, in the processor's memory, whose square root its scalar instruction rounds otherwise.
int64_t WrongRoots(const Tensor& x) {
  const Tensor y = sqrt(x);
  const float *square = x.data<float>(), *root = y.data<float>();
  int64_t wrong = 0;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const float expected = std::sqrt(square[i]);
    wrong += std::isnan(expected)
                 ? !std::isnan(root[i])
                 : std::bit_cast<int32_t>(root[i]) != std::bit_cast<int32_t>(expected);
  }
  return wrong;
}

// #region every_mantissa
TEST(Sqrt, RoundsEveryMantissaCorrectly) {
  // [1, 4) has every mantissa with an even and an odd exponent; powers of four scale the rest.
  constexpr int kBlock = 1 << 20;
  const Tensor x = empty({kBlock}, {.dtype = DType::kFloat32, .device = kCpu});
  float* numbers = x.mutable_data<float>();
  ForEachTarget([&](const char* target) {
    // Two ways take turns from vector to vector; one vector of 8 lanes on, or one of 16, each meets
    // what the other had.
    for (int32_t start : {0, 8, 16}) {
      for (int32_t block = 0; block < 1 << 24; block += kBlock) {
        for (int32_t i = 0; i < kBlock; ++i) {
          numbers[i] = std::bit_cast<float>(std::bit_cast<int32_t>(1.0f) + block + i - start);
        }
        EXPECT_EQ(WrongRoots(x), 0) << target << " from " << numbers[0];
      }
    }
  });
}
// #endregion every_mantissa

TEST(Sqrt, MendsAVectorWithAnUnusualNumber) {
  const float smallest = std::numeric_limits<float>::denorm_min();
  for (float unusual : {0.0f, -0.0f, smallest, 0x1p-126f, std::nextafter(0x1p-96f, 0.0f), 0x1p-96f,
                        0x1.fffffep127f, INFINITY, -INFINITY, -2.25f, NAN}) {
    ForEachTarget([&](const char* target) {
      for (int64_t place = 0; place < 70; ++place) {
        const Tensor x = full({70}, 2.25, {.dtype = DType::kFloat32, .device = kCpu});
        x.mutable_data<float>()[place] = unusual;
        EXPECT_EQ(WrongRoots(x), 0) << target << ": " << unusual << " at " << place;
      }
    });
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

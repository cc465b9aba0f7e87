#include "ops/exp/exp.h"

#include <cmath>

#include "gradcheck/testing.h"
#include "gradcheck/ulp_samples.h"
#include "ops/add/add.h"
#include "ops/mul/mul.h"
#include "ops/neg/neg.h"
#include "tensor/create.h"

namespace prova {
namespace {

constexpr double kInf = INFINITY;

TEST(Exp, Examples) {
  EXPECT_TRUE(SameBits(exp(tensor({0.0, -0.0})), tensor({1.0, 1.0})));
  EXPECT_TRUE(Near(exp(tensor({std::log(2.0), 1.0}, DType::kFloat64)),
                   tensor({2.0, 2.718281828459045}, DType::kFloat64), 1e-15));
}

TEST(Exp, TurnsSumsIntoProducts) {
  ForAll("exp(a + b) = exp(a) exp(b)", [](Draw& draw) {
    const Tensor a = draw.tensor(), b = draw.tensor(a.shape());
    return Near(exp(add(a, b)), mul(exp(a), exp(b)), 1e-14);
  });
}

TEST(Exp, TurnsSignsIntoReciprocals) {
  ForAll("exp(x) exp(-x) = 1", [](Draw& draw) {
    const Tensor x = draw.tensor({.low = -300, .high = 300});
    return Near(mul(exp(x), exp(neg(x))), ones_like(x), 1e-15);
  });
}

TEST(Exp, IsMonotone) {
  ForAll("a <= b gives exp(a) <= exp(b)", [](Draw& draw) {
    const double a = draw.real(-110, 90), b = a + draw.real(0, 1e-4);
    const std::vector<double> y =
        exp(tensor({a, b}, draw.boolean() ? DType::kFloat32 : DType::kFloat64)).to_vector<double>();
    return y[0] <= y[1] ? testing::AssertionSuccess()
                        : testing::AssertionFailure() << y[0] << " and " << y[1];
  });
}

TEST(Exp, IsItsOwnDerivative) {
  ForAll("the gradient for ones is the result itself", [](Draw& draw) {
    const Tensor x = parameter(draw.tensor());
    const Tensor y = exp(x);
    return SameBits(backward(y, {.cotangents = {ones_like(y)}})[x], y);
  });
}

TEST(Exp, IsWithinOneUlp) {
  EXPECT_TRUE(WithinUlps(exp, SweepSamples(DType::kFloat32, -104, 88.72, std::exp, 1)));
  EXPECT_TRUE(WithinUlps(exp, SweepSamples(DType::kFloat64, -745, 709.7, std::exp, 1)));
  EXPECT_TRUE(WithinUlps(exp, SweepSamples(DType::kFloat64, -1e-8, 1e-8, std::exp, 1)));
}

TEST(Exp, DoesNotDependOnItsNeighbours) {
  ForAll("88, which needs the other path, changes nothing in the other lanes", [](Draw& draw) {
    const std::vector<float> plain =
        draw.tensor(Shape{47}, {.low = -87, .high = 87}).to_vector<float>();
    std::vector<float> mixed = plain;
    for (size_t i = 0; i < mixed.size(); i += 8) mixed[i] = 88.0f;
    const std::vector<float> alone = exp(from_vector(plain, {47})).to_vector<float>();
    const std::vector<float> beside = exp(from_vector(mixed, {47})).to_vector<float>();
    for (size_t i = 0; i < mixed.size(); ++i) {
      if (i % 8 == 0 || alone[i] == beside[i]) continue;
      return testing::AssertionFailure() << "exp(" << plain[i] << ") has two values";
    }
    return testing::AssertionSuccess();
  });
}

TEST(Exp, AgreesWithNumPysTable) {
  if (!UlpSamplesMissing().empty()) GTEST_SKIP() << UlpSamplesMissing();
  for (const UlpSamples& samples : ReadUlpSamples("exp")) {
    EXPECT_GT(samples.x.size(), 100u);
    EXPECT_TRUE(WithinUlps(exp, samples));
  }
}

TEST(Exp, CoversTheWholeLine) {
  const Tensor x = tensor({kInf, -kInf, 1e30, -1e30, 88.73, -104.1, 3e38, -3e38});
  const Tensor expected = tensor({kInf, 0.0, kInf, 0.0, kInf, 0.0, kInf, 0.0});
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(exp(x), expected));
    EXPECT_TRUE(SameBits(exp(tensor({-745.2, 709.79, -1e300, 1e300}, DType::kFloat64)),
                         tensor({0.0, kInf, 0.0, kInf}, DType::kFloat64)));
    // The smallest float that is no zero.
    EXPECT_EQ(exp(tensor({-103.9})).to_vector<double>()[0], 0x1p-149);
  }
}

TEST(Exp, PassesNaNOn) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (int64_t n : {1, 16, 35}) EXPECT_TRUE(Near(exp(full({n}, NAN)), full({n}, NAN), 0));
  }
}

}  // namespace
}  // namespace prova

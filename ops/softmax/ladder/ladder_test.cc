#include "ops/softmax/ladder/ladder.h"

#include "base/allocator.h"
#include "gradcheck/testing.h"
#include "ops/softmax/softmax_kernels.h"

namespace prova::ladder {
namespace {

TEST(SoftmaxLadder, EveryStepAgreesWithTheReference) {
  ForEachTarget([](const char* target) {
    Rng rng(1);
    for (const Shape& shape :
         {Shape{1, 1}, Shape{3, 7}, Shape{2, 16}, Shape{5, 35}, Shape{4, 1000}}) {
      const Tensor x = randn(shape, rng), exact = zeros(shape, {.dtype = DType::kFloat64});
      const Tensor wide = Cast(x, DType::kFloat64);
      reference::Softmax(
          {DType::kFloat64, wide.raw_data(), exact.raw_mutable_data(), shape[0], shape[1]});
      for (const Step& step : kSteps) {
        ScopedGuardBytes guard;
        const Tensor y = zeros(shape);
        step.run(x.data<float>(), y.mutable_data<float>(), shape[0], shape[1]);
        // The sum of a row, added one by one in the first steps, dominates: n / 2 roundings.
        const Tolerance tolerance = {.epsilons = 4 + 0.5 * static_cast<double>(shape[1])};
        EXPECT_TRUE(Agrees(y, exact, tolerance)) << step.name << ", " << target << ", " << shape;
        EXPECT_EQ(guard.Violations(), 0) << step.name;
      }
    }
  });
}

TEST(SoftmaxLadder, FarBelowThePeakNothingIsLeft) {
  const Tensor x = tensor({0.0, -200.0, -1.0}), y = zeros({3});
  for (const Step& step : kSteps) {
    step.run(x.data<float>(), y.mutable_data<float>(), 1, 3);
    EXPECT_EQ(y.data<float>()[1], 0) << step.name;
    EXPECT_NEAR(y.data<float>()[0], 0.7310586f, 1e-6f) << step.name;
  }
}

}  // namespace
}  // namespace prova::ladder

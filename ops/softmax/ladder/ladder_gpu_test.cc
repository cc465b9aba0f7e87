#include "gradcheck/testing.h"
#include "ops/mul/mul.h"
#include "ops/softmax/ladder/cuda_ladder.h"
#include "ops/softmax/softmax.h"
#include "tensor/create.h"

namespace prova::cuda::ladder {
namespace {

Tensor ResultOf(const prova::ladder::Step& step, const Tensor& x) {
  const Tensor y = empty_like(x);
  Enter(step.name, 0);
  step.run(static_cast<const float*>(x.raw_data()), static_cast<float*>(y.raw_mutable_data()),
           x.size(0), x.size(1));
  return y;
}

TEST(SoftmaxCudaLadder, EveryStepAgreesWithTheReference) {
  Rng rng(1);
  // Around warps, blocks, whole packs and cut ones, and what registers hold.
  for (const Shape& shape : {Shape{1, 1}, Shape{257, 3}, Shape{3, 31}, Shape{2, 256}, Shape{2, 260},
                             Shape{2, 1023}, Shape{1, 4096}, Shape{1, 4097}, Shape{1, 4100}}) {
    const Tensor x = mul(randn(shape, rng), 4);
    const Tensor exact = [&] {
      const ScopedDevice here(kCpu);
      const ScopedKernels reference(Where::kReference);
      return softmax(Cast(To(x, kCpu), DType::kFloat64), -1);
    }();
    for (const prova::ladder::Step& step : kSteps) {
      // The sum of a row, added one by one in the first step, dominates: n / 2 roundings.
      const Tolerance tolerance = {.epsilons = 16 + 0.5 * static_cast<double>(shape[1])};
      EXPECT_TRUE(Agrees(ResultOf(step, x), exact, tolerance)) << step.name << ", " << shape;
    }
  }
}

TEST(SoftmaxCudaLadder, WhatIsMaskedHasNoShare) {
  constexpr double kMasked = -std::numeric_limits<double>::infinity();
  const Tensor x = tensor({{kMasked, 0.0, kMasked, -1.0}});
  for (const prova::ladder::Step& step : kSteps) {
    const std::vector<float> y = ResultOf(step, x).to_vector<float>();
    EXPECT_EQ(y[0], 0) << step.name;
    EXPECT_NEAR(y[1], 0.7310586f, 1e-6f) << step.name;
    EXPECT_EQ(y[2], 0) << step.name;
  }
}

}  // namespace
}  // namespace prova::cuda::ladder

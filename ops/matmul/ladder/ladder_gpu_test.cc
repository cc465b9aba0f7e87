#include "cuda/tensor_map.h"
#include "gradcheck/testing.h"
#include "ops/matmul/ladder/cuda_ladder.h"
#include "ops/matmul/matmul.h"
#include "tensor/create.h"

namespace prova::cuda::ladder {
namespace {

struct Sizes {
  int64_t m, n, k;
};

TEST(MatmulCudaLadder, EveryStepAgreesWithTheReference) {
  Rng rng(1);
  // Around the tiles of 16, 64 and 128, the steps of 8 and 16 terms, whole packs and cut ones.
  for (const Sizes& of : {Sizes{1, 1, 1}, Sizes{17, 15, 3}, Sizes{64, 64, 16}, Sizes{65, 68, 20},
                          Sizes{129, 127, 9}, Sizes{132, 132, 24}, Sizes{3, 5, 0}}) {
    const Tensor a = randn({of.m, of.k}, rng), b = randn({of.k, of.n}, rng);
    const Tensor exact = [&] {
      const ScopedDevice here(kCpu);
      const ScopedKernels reference(Where::kReference);
      return matmul(Cast(To(a, kCpu), DType::kFloat64), Cast(To(b, kCpu), DType::kFloat64));
    }();
    for (const prova::ladder::Step& step : kSteps) {
      const Tensor y = empty({of.m, of.n});
      step.run(static_cast<const float*>(a.raw_data()), static_cast<const float*>(b.raw_data()),
               static_cast<float*>(y.raw_mutable_data()), of.m, of.n, of.k);
      // The terms are added one by one: their roundings grow as k at worst.
      const Tolerance tolerance = {.epsilons = 1 + static_cast<double>(of.k),
                                   .scale = Tolerance::Scale::kTensor};
      EXPECT_TRUE(Agrees(y, exact, tolerance))
          << step.name << ", " << of.m << " " << of.n << " " << of.k;
    }
  }
}

TEST(MatmulCudaLadder, EveryStepOnTensorCoresIsExact) {
  if (!HasHopperCores(default_device().index)) GTEST_SKIP() << "no tensor cores of Hopper";
  Rng rng(2);
  // Around the tiles of 64 x 128 and the steps of 64 terms; fewer steps than stages, and more.
  for (const Sizes& of : {Sizes{2, 8, 8}, Sizes{64, 128, 64}, Sizes{65, 136, 72},
                          Sizes{100, 120, 264}, Sizes{30, 40, 520}}) {
    const auto random = [&](const Shape& shape) {
      return Cast(randint(-4, 5, shape, rng), DType::kBFloat16);
    };
    const Tensor a = random({of.m, of.k}), b = random({of.k, of.n});
    const Tensor exact = [&] {
      const ScopedDevice here(kCpu);
      return matmul(To(a, kCpu), To(b, kCpu));
    }();
    for (const CoreStep& step : kCoreSteps) {
      const Tensor y = empty({of.m, of.n}, {.dtype = DType::kBFloat16});
      step.run(static_cast<const bfloat16*>(a.raw_data()),
               static_cast<const bfloat16*>(b.raw_data()),
               static_cast<bfloat16*>(y.raw_mutable_data()), of.m, of.n, of.k);
      EXPECT_TRUE(SameBits(To(y, kCpu), exact))
          << step.name << ", " << of.m << " " << of.n << " " << of.k;
    }
  }
}

}  // namespace
}  // namespace prova::cuda::ladder

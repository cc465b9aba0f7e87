#include "ops/conv2d/ladder/ladder.h"

#include "base/allocator.h"
#include "gradcheck/testing.h"
#include "ops/conv2d/conv2d.h"
#include "tensor/create.h"

namespace prova::ladder {
namespace {

TEST(Conv2dLadder, EveryStepAgreesWithTheReference) {
  ForEachTarget([](const char* target) {
    Rng rng(1);
    // Around tiles of 14 places, panels of filters, blocks; kernels without and with padding.
    const Layer layers[] = {{1, 1, 1, 3, 3, 0},   {2, 3, 5, 6, 3, 1},  {1, 2, 33, 9, 3, 1},
                            {2, 4, 32, 14, 1, 0}, {1, 3, 8, 17, 5, 2}, {1, 2, 16, 16, 3, 1},
                            {1, 1, 31, 5, 2, 1},  {3, 5, 64, 8, 3, 1}, {1, 2, 40, 4, 3, 3}};
    for (const Layer& of : layers) {
      const Tensor x = randn({of.images, of.in, of.size, of.size}, rng);
      const Tensor weight = randn({of.out, of.in, of.kernel, of.kernel}, rng);
      const ScopedKernels reference(Where::kReference);
      const Tensor exact = conv2d(Cast(x, DType::kFloat64), Cast(weight, DType::kFloat64), {},
                                  {.padding = of.padding});
      for (const Step& step : kSteps) {
        ScopedGuardBytes guard;
        const Tensor y = empty(exact.shape());
        step.run(of, x.data<float>(), weight.data<float>(), y.mutable_data<float>());
        // Terms are added one by one: their roundings grow as their number at worst.
        const Tolerance tolerance = {.epsilons = 1 + static_cast<double>(of.terms()),
                                     .scale = Tolerance::Scale::kTensor};
        EXPECT_TRUE(Agrees(y, exact, tolerance))
            << step.name << ", " << target << ", " << x.shape() << " " << weight.shape();
        EXPECT_EQ(guard.Violations(), 0) << step.name;
      }
    }
  });
}

}  // namespace
}  // namespace prova::ladder

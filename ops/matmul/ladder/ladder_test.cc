#include "ops/matmul/ladder/ladder.h"

#include "base/allocator.h"
#include "gradcheck/testing.h"
#include "ops/matmul/matmul.h"
#include "tensor/create.h"

namespace prova::ladder {
namespace {

struct Sizes {
  int64_t m, n, k;
};

TEST(MatmulLadder, EveryStepAgreesWithTheReference) {
  ForEachTarget([](const char* target) {
    Rng rng(1);
    // Around the tile of 8 x 48, the block of 256 terms, and the blocks of rows.
    for (const Sizes& of : {Sizes{1, 1, 1}, Sizes{7, 47, 3}, Sizes{8, 48, 256}, Sizes{9, 49, 257},
                            Sizes{65, 100, 70}, Sizes{257, 50, 30}, Sizes{3, 5, 0}}) {
      const Tensor a = randn({of.m, of.k}, rng), b = randn({of.k, of.n}, rng);
      const ScopedKernels reference(Where::kReference);
      const Tensor exact = matmul(Cast(a, DType::kFloat64), Cast(b, DType::kFloat64));
      for (const Step& step : kSteps) {
        ScopedGuardBytes guard;
        const Tensor y = empty({of.m, of.n});
        step.run(a.data<float>(), b.data<float>(), y.mutable_data<float>(), of.m, of.n, of.k);
        // The first steps add k terms one by one: their roundings grow as k at worst.
        const Tolerance tolerance = {.epsilons = 1 + static_cast<double>(of.k),
                                     .scale = Tolerance::Scale::kTensor};
        EXPECT_TRUE(Agrees(y, exact, tolerance))
            << step.name << ", " << target << ", " << of.m << " " << of.n << " " << of.k;
        EXPECT_EQ(guard.Violations(), 0) << step.name;
      }
    }
  });
}

}  // namespace
}  // namespace prova::ladder

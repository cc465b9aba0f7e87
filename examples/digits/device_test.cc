#include <cstdio>

#include <gtest/gtest.h>

#include "examples/digits/train.h"
#include "tensor/create.h"

namespace prova::digits {
namespace {

LabelledImages SomeImages(int64_t count, uint64_t seed) {
  Rng rng(seed);
  return {rand({count, 1, 8, 8}, rng), randint(0, 10, {count}, rng)};
}

const Plan kPlan = {.epochs = 2, .batch = 4, .lr = 0.003, .seed = 1};

// Sums in another order differ in their last bits; three steps of AdamW make little more of it.
constexpr double kTolerance = 1e-4;

void ExpectSame(const EpochRecord& one, const EpochRecord& other) {
  EXPECT_NEAR(one.train_loss, other.train_loss, kTolerance);
  EXPECT_NEAR(one.test_loss, other.test_loss, kTolerance);
  EXPECT_EQ(one.train_accuracy, other.train_accuracy);
}

TEST(DeviceTest, TrainsAsTheProcessorDoes) {
  const Digits digits{.train = SomeImages(12, 1), .test = SomeImages(3, 2)};
  Training here(kPlan, digits), there(kPlan, digits, cuda_device());
  EXPECT_EQ(there.model().conv1.weight.device(), cuda_device());
  Progress progress(stdout);
  const auto never = [] { return false; };
  here.RunEpoch(progress, never);
  there.RunEpoch(progress, never);
  ExpectSame(here.history()[0], there.history()[0]);

  // A checkpoint moves between devices.
  Training moved(kPlan, digits, cuda_device(1));
  moved.Restore(here.Save(), here.history());
  EXPECT_EQ(moved.model().linear.weight.device(), cuda_device(1));
  here.RunEpoch(progress, never);
  moved.RunEpoch(progress, never);
  ExpectSame(here.history()[1], moved.history()[1]);
}

}  // namespace
}  // namespace prova::digits

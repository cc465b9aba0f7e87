#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "examples/digits/model.h"
#include "examples/digits/train.h"
#include "tensor/create.h"

namespace prova::digits {
namespace {

LabelledImages SomeImages(int64_t count, uint64_t seed) {
  Rng rng(seed);
  return {rand({count, 1, 8, 8}, rng), randint(0, 10, {count}, rng)};
}

Digits SomeDigits() { return {.train = SomeImages(40, 1), .test = SomeImages(10, 2)}; }

bool Never() { return false; }

TEST(DigitNetTest, FitsSmallAndLargeImages) {
  Rng rng(1);
  struct Case {
    int64_t height, width, features;
  };
  for (const auto& [height, width, features] :
       {Case{8, 8, 32 * 4 * 4}, Case{28, 28, 32 * 7 * 7}, Case{4, 40, 32 * 2 * 20},
        Case{15, 17, 32 * 7 * 8}, Case{16, 17, 32 * 4 * 4}}) {
    const DigitNet net = MakeDigitNet({height, width, 10, 1});
    EXPECT_EQ(net.linear.weight.shape(), (Shape{10, features}));
    EXPECT_EQ(net(rand({3, 1, height, width}, rng)).shape(), (Shape{3, 10}));
  }
}

TEST(DigitNetTest, RefusesOtherSizes) {
  ExpectError(ErrorCode::kShape, "DigitNet: images of 3 x 8; need 4 to 256 pixels along each side",
              [] {
                MakeDigitNet({3, 8, 10, 1});
              });
  ExpectError(ErrorCode::kShape,
              "DigitNet: images of 8 x 257; need 4 to 256 pixels along each side", [] {
                MakeDigitNet({8, 257, 10, 1});
              });
}

TEST(DigitNetTest, TheSeedDecidesTheWeights) {
  auto weights = [](uint64_t seed) {
    return MakeDigitNet({8, 8, 10, seed}).conv2.weight.to_vector<float>();
  };
  EXPECT_EQ(weights(1), weights(1));
  EXPECT_NE(weights(1), weights(2));
}

TEST(EvaluateTest, IsWithoutDropoutAndWithoutMemory) {
  DigitNet net = MakeDigitNet({8, 8, 10, 1});
  const LabelledImages images = SomeImages(300, 3);
  const auto before = generators(net).front().rng.position();
  const Evaluation first = Evaluate(net, images), second = Evaluate(net, images);
  EXPECT_EQ(first.loss, second.loss);
  EXPECT_EQ(first.probabilities, second.probabilities);
  EXPECT_EQ(generators(net).front().rng.position(), before);
}

TEST(EvaluateTest, AgreesWithAMeanOverImages) {
  DigitNet net = MakeDigitNet({8, 8, 10, 1});
  const LabelledImages images = SomeImages(300, 3);  // More than one batch, the last one smaller.
  const Evaluation result = Evaluate(net, images);
  const std::vector<int> labels = images.labels.to_vector<int>();
  double loss = 0, right = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const float* p = result.probabilities.data() + 10 * i;
    double sum = 0;
    int best = 0;
    for (int c = 0; c < 10; ++c) {
      sum += p[c];
      if (p[c] > p[best]) best = c;
    }
    ASSERT_NEAR(sum, 1, 1e-6);
    ASSERT_EQ(result.predictions[i], best);
    loss -= std::log(p[labels[i]]) / 300;
    right += best == labels[i];
  }
  EXPECT_NEAR(result.loss, loss, 1e-5);
  EXPECT_DOUBLE_EQ(result.accuracy, right / 300);
}

TEST(TrainingTest, StopsBetweenBatchesWhenAsked) {
  const Digits digits = SomeDigits();
  Training training({.epochs = 2, .batch = 8, .lr = 0.01, .seed = 1}, digits);
  Progress progress(stdout);
  int asked = 0;
  EXPECT_FALSE(training.RunEpoch(progress, [&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(training.history().empty());
}

TEST(TrainingTest, TheLearningRateFallsAlongACosine) {
  const Digits digits = SomeDigits();
  Training training({.epochs = 2, .batch = 7, .lr = 0.01, .seed = 1}, digits);
  Progress progress(stdout);
  while (!training.done()) training.RunEpoch(progress, Never);
  EXPECT_EQ(training.history()[0].lr, 0.01);
  EXPECT_NEAR(training.history()[1].lr, 0.005, 1e-12);
  EXPECT_EQ(training.Save().step, 12);
}

TEST(TrainingTest, ALossThatIsNotFiniteEndsIt) {
  Digits digits = SomeDigits();
  digits.train.images.mutable_data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  Training training({.epochs = 1, .batch = 40, .lr = 0.01, .seed = 1}, digits);
  Progress progress(stdout);
  ExpectError(ErrorCode::kValue,
              "training: the loss became nan in batch 1 of epoch 1; a smaller --lr may help",
              [&] { training.RunEpoch(progress, Never); });
}

TEST(TrainingTest, RestoreRefusesCountsThatDisagree) {
  const Digits digits = SomeDigits();
  const Plan plan = {.epochs = 2, .batch = 8, .lr = 0.01, .seed = 1};
  Training training(plan, digits);
  Progress progress(stdout);
  training.RunEpoch(progress, Never);
  Checkpoint checkpoint = training.Save();
  checkpoint.step = 4;
  ExpectError(ErrorCode::kFormat,
              "checkpoint: epoch 1, step 4, a history of 1 epochs and 1 generators; need counts "
              "that agree, and one generator",
              [&] { Training(plan, digits).Restore(checkpoint, training.history()); });
}

}  // namespace
}  // namespace prova::digits

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "autograd/tape.h"
#include "base/parallel_for.h"
#include "nn/adamw.h"
#include "nn/checkpoint.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "nn/schedules.h"
#include "nn/sgd.h"
#include "nn/test_folder.h"
#include "ops/cross_entropy/cross_entropy.h"
#include "ops/relu/relu.h"
#include "tensor/create.h"

namespace prova {
namespace {

/// Layers, tape, optimizers and checkpoints together, on a tiny network.
struct Mlp {
  Linear fc1;
  Dropout dropout;
  Linear fc2;
  Tensor operator()(const Tensor& x) const { return fc2(dropout(relu(fc1(x)))); }
  PROVA_FIELDS(fc1, dropout, fc2)
};

Mlp MakeMlp(uint64_t seed, double p = 0.2) {
  Rng rng(seed);
  return {.fc1 = Linear({.in = 2, .out = 32}, rng),
          .dropout = Dropout({.p = p}, rng),
          .fc2 = Linear({.in = 32, .out = 2}, rng)};
}

/// The four cases of exclusive or.
const Tensor& Inputs() {
  static const Tensor x = tensor({{0.0f, 0.0f}, {0.0f, 1.0f}, {1.0f, 0.0f}, {1.0f, 1.0f}});
  return x;
}
const Tensor& Labels() {
  static const Tensor labels = tensor({0, 1, 1, 0});
  return labels;
}

/// Trains on noisy inputs and returns the loss of every step.
std::vector<float> Train(const Mlp& model, Optimizer& optimizer, Rng& noise, int begin, int end) {
  std::vector<float> losses;
  for (int step = begin; step < end; ++step) {
    const Tensor x = randn({4, 2}, noise);
    const Tensor loss = cross_entropy(model(x), Labels());
    losses.push_back(loss.item<float>());
    optimizer.step(parameters(model), backward(loss),
                   cosine_schedule(step, {.warmup = 3, .total = 20}));
  }
  return losses;
}

TEST(Training, LearnsExclusiveOr) {
  for (const bool use_adamw : {false, true}) {
    Mlp model = MakeMlp(1, 0);
    AdamW adamw({.lr = 0.02});
    Sgd sgd({.lr = 0.2, .momentum = 0.9});
    Optimizer& optimizer = use_adamw ? static_cast<Optimizer&>(adamw) : sgd;
    float first = 0, last = 0;
    for (int step = 0; step < 200; ++step) {
      const Tensor loss = cross_entropy(model(Inputs()), Labels());
      last = loss.item<float>();
      if (step == 0) first = last;
      optimizer.step(parameters(model), backward(loss));
    }
    EXPECT_GT(first, 0.3f);
    EXPECT_LT(last, 0.05f);
  }
}

TEST(Training, LeavesNoTensorBehind) {
  const Mlp model = MakeMlp(2);
  AdamW adamw({.lr = 0.01});
  Rng noise(3);
  auto train_on = [&](int steps) {
    for (int step = 0; step < steps; ++step) {
      const Tensor loss = cross_entropy(model(randn({4, 2}, noise)), Labels());
      adamw.step(parameters(model), backward(loss));
    }
  };
  train_on(1);  // makes the optimizer's state and the labels
  const int64_t before = LiveTensorCount();
  train_on(1000);
  EXPECT_EQ(LiveTensorCount(), before);
}

TEST(Training, LeavesNothingBehindWithModelAndOptimizer) {
  Labels();
  const int64_t before = LiveTensorCount();
  {
    const Mlp model = MakeMlp(4);
    AdamW adamw({.lr = 0.01});
    Rng noise(5);
    Train(model, adamw, noise, 0, 3);
  }
  EXPECT_EQ(LiveTensorCount(), before);
}

TEST(Training, GivesTheSameBitsForOneThreadAndTwo) {
  auto losses = [](int threads) {
    const ScopedNumThreads scope(threads);
    const Mlp model = MakeMlp(6);
    AdamW adamw({.lr = 0.05});
    Rng noise(7);
    return Train(model, adamw, noise, 0, 20);
  };
  EXPECT_EQ(losses(1), losses(2));
}

class Resume : public TestFolder {};

TEST_F(Resume, GoesOnBitForBit) {
  const Mlp whole = MakeMlp(8);
  AdamW whole_adamw({.lr = 0.05});
  Rng whole_noise(9);
  const std::vector<float> expected = Train(whole, whole_adamw, whole_noise, 0, 20);

  {
    const Mlp first = MakeMlp(8);
    AdamW adamw({.lr = 0.05});
    Rng noise(9);
    Train(first, adamw, noise, 0, 8);
    Checkpoint checkpoint = capture(first, adamw);
    checkpoint.run_generators = {{"noise", noise}};
    checkpoint.step = 8;
    save_checkpoint(path_, checkpoint);
  }

  // Another start altogether: everything that matters comes from the file.
  Mlp second = MakeMlp(1234);
  AdamW adamw({.lr = 0.05});
  const Checkpoint checkpoint = load_checkpoint(path_);
  restore(checkpoint, second, adamw);
  Rng noise = checkpoint.run_generators[0].rng;
  const std::vector<float> rest =
      Train(second, adamw, noise, static_cast<int>(checkpoint.step), 20);
  EXPECT_EQ(rest, std::vector<float>(expected.begin() + 8, expected.end()));
  const NamedTensors a = parameters(whole), b = parameters(second);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].value.to_vector<float>(), b[i].value.to_vector<float>()) << a[i].name;
  }
}

}  // namespace
}  // namespace prova

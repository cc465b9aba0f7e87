#include "autograd/leaf.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "autograd/test_operations.h"
#include "base/testing.h"

namespace prova {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

TEST(Leaf, IsWhatNoRecordedOperationMade) {
  const Tensor constant = Number(2), w = parameter(Number(3));
  EXPECT_TRUE(is_leaf(constant));
  EXPECT_TRUE(is_leaf(w));
  EXPECT_FALSE(is_leaf(Mul(w, constant)));
  EXPECT_TRUE(is_leaf(Mul(constant, constant)));
}

TEST(Leaf, IsFollowedThroughEveryHandle) {
  const Tensor x = Number(3);
  const Tensor other = x;
  follow(x, true);
  EXPECT_TRUE(is_tracked(other));
  EXPECT_EQ(backward(Mul(other, other))[x].item(), 6);
  follow(other, true);  // changes nothing
  keep_gradient(x, Number(1));
  follow(x, true);
  EXPECT_EQ(kept_gradient(other).item(), 1);
  follow(other, false);
  EXPECT_FALSE(is_tracked(x));
  EXPECT_FALSE(kept_gradient(x).defined());
}

TEST(Leaf, WasAConstantInWhatIsOlder) {
  const Tensor w = parameter(Number(3)), x = Number(5);
  const Tensor y = Mul(w, x);
  follow(x, true);
  const Gradients g = backward(Mul(y, x));
  EXPECT_EQ(g[w].item(), 25);
  EXPECT_EQ(g[x].item(), 15);
  EXPECT_EQ(leaf_gradients({Mul(y, x)}).size(), 2u);
  EXPECT_FALSE(backward(y).contains(x));
}

TEST(Leaf, IsAConstantOnceItIsTakenOff) {
  const Tensor x = Number(5), w = parameter(Number(3));
  follow(x, true);
  const Tensor y = Mul(w, x);
  follow(x, false);
  const Gradients g = backward(y);
  EXPECT_EQ(g[w].item(), 5);
  EXPECT_FALSE(g.contains(x));
}

TEST(Leaf, KeepsItsGradientForEveryHandle) {
  const Tensor w = parameter(Vector({1, 2}));
  const Tensor other = w;
  EXPECT_FALSE(kept_gradient(w).defined());
  EXPECT_FALSE(kept_gradient(Number(1)).defined());
  keep_gradient(w, Vector({3, 4}));
  EXPECT_EQ(Values(kept_gradient(other)), (std::vector<double>{3, 4}));
  keep_gradient(other, Tensor());
  EXPECT_FALSE(kept_gradient(w).defined());
}

TEST(Leaf, GoesWithItsGradient) {
  const int64_t before = LiveTensorCount();
  {
    const Tensor w = parameter(Number(3));
    for (const auto& [leaf, gradient] : leaf_gradients({Mul(w, w)})) keep_gradient(leaf, gradient);
    EXPECT_EQ(kept_gradient(w).item(), 6);
  }
  EXPECT_EQ(LiveTensorCount(), before);
}

TEST(LeafGradients, AreThoseOfBackward) {
  const Tensor a = parameter(Vector({2, 3})), b = parameter(Vector({5, 7}));
  const Tensor y = Mul(a, b);
  const Tensor weights = Vector({1, 10});
  const std::vector<LeafGradient> found = leaf_gradients({y}, {weights});
  const Gradients expected = backward(Tensors{y}, {.cotangents = {weights}});
  ASSERT_EQ(found.size(), 2u);
  for (const auto& [leaf, gradient] : found) {
    EXPECT_EQ(Values(gradient), Values(expected[leaf]));
    EXPECT_FALSE(is_tracked(gradient));
  }
}

TEST(LeafErrors, NameWhatIsNeeded) {
  const Tensor w = parameter(Vector({1, 2}));
  ExpectError(ErrorCode::kGradient,
              "follow: the result of a recorded operation; need a leaf; begin anew from detach(x)",
              [&] { follow(Mul(w, w), false); });
  ExpectError(ErrorCode::kDType, "parameter: a tensor of int64; need a floating dtype", [] {
    follow(tensor({1, 2}), true);
  });
  ExpectError(ErrorCode::kGradient,
              "gradient: a tensor that the tape does not follow; need a leaf of the tape",
              [] { keep_gradient(Number(1), Number(1)); });
  ExpectError(ErrorCode::kGradient,
              "gradient: the result of a recorded operation; need a leaf of the tape", [&] {
                keep_gradient(Mul(w, w), Vector({1, 2}));
              });
  ExpectError(ErrorCode::kShape, "gradient: float64[3]; need float64[2], as the leaf has", [&] {
    keep_gradient(w, Vector({1, 2, 3}));
  });
}

int checks = 0;
void CountCheck() { ++checks; }
void StopAtThird() {
  if (++checks == 3) throw std::runtime_error("stopped");
}

TEST(Interrupt, IsAskedForBeforeEachNodeOfABackwardPass) {
  const Tensor x = parameter(Number(2));
  Tensor y = x;
  for (int i = 0; i < 10; ++i) y = Neg(y);
  checks = 0;
  backward(y);
  EXPECT_EQ(checks, 0);
  {
    const ScopedInterrupt outer(CountCheck);
    backward(y);
    EXPECT_EQ(checks, 10);
    checks = 0;
    {
      const ScopedInterrupt inner(StopAtThird);
      EXPECT_THROW(backward(y), std::runtime_error);
      EXPECT_EQ(checks, 3);
    }
    EXPECT_EQ(backward(y)[x].item(), 1);
    EXPECT_EQ(checks, 13);
  }
  backward(y);
  EXPECT_EQ(checks, 13);
  EXPECT_TRUE(IsRecording());
}

}  // namespace
}  // namespace prova

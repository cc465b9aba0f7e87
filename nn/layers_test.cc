#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "autograd/tape.h"
#include "base/testing.h"
#include "nn/conv2d.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/module.h"
#include "nn/stateless.h"
#include "tensor/create.h"

namespace prova {
namespace {

using Values = std::vector<double>;

std::vector<std::string> Names(const auto& model) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : parameters(model)) names.push_back(tensor.name);
  return names;
}

double VarianceOf(const Tensor& x) {
  double sum = 0;
  for (double value : x.to_vector<double>()) sum += value * value;
  return sum / static_cast<double>(x.numel());
}

void ExpectRefused(const std::string& text, FunctionRef<void()> body) {
  ExpectError(ErrorCode::kValue, text, body);
}

TEST(Linear, MultipliesByTheTransposedWeightAndAddsTheBias) {
  Rng rng(1);
  const Linear layer({.in = 3, .out = 2}, rng);
  assign(layer.weight, tensor({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}}));
  assign(layer.bias, tensor({10.0f, 20.0f}));
  // 1*1 + 0*2 + 2*3 + 10 and 1*4 + 0*5 + 2*6 + 20
  EXPECT_EQ(layer(tensor({{1.0f, 0.0f, 2.0f}})).template to_vector<double>(), (Values{17, 36}));
}

TEST(Linear, StartsHeUniformWithoutBias) {
  Rng rng(2);
  const Linear layer({.in = 200, .out = 500}, rng);
  EXPECT_TRUE(is_tracked(layer.weight));
  EXPECT_TRUE(is_tracked(layer.bias));
  EXPECT_EQ(layer.bias.to_vector<double>(), Values(500, 0));
  // The variance of 10^5 uniform draws is within 6 * sqrt(0.8 / 10^5) = 1.7 %.
  EXPECT_NEAR(VarianceOf(layer.weight), 2.0 / 200, 0.017 * 2.0 / 200);
  const Linear xavier({.in = 200, .out = 500, .initializer = xavier_uniform}, rng);
  EXPECT_NEAR(VarianceOf(xavier.weight), 2.0 / 700, 0.017 * 2.0 / 700);
}

TEST(Linear, CanDoWithoutABiasAndInDouble) {
  Rng rng(3);
  const Linear layer({.in = 2, .out = 1, .bias = false, .dtype = DType::kFloat64}, rng);
  EXPECT_EQ(Names(layer), std::vector<std::string>{"weight"});
  assign(layer.weight, tensor({{2.0f, 3.0f}}));
  const Tensor y = layer(ones({1, 2}, {.dtype = DType::kFloat64}));
  EXPECT_EQ(y.dtype(), DType::kFloat64);
  EXPECT_EQ(y.item(), 5);
}

TEST(Linear, OptionsOutsideTheirRangeAreRefused) {
  Rng rng(4);
  ExpectRefused("Linear: in is 0; need in >= 1", [&] { Linear({.out = 3}, rng); });
  ExpectRefused("Linear: out is -1; need out >= 1", [&] { Linear({.in = 3, .out = -1}, rng); });
}

TEST(Conv2d, SlidesItsKernelOverTheImage) {
  Rng rng(5);
  const Conv2d layer({.in = 1, .out = 1, .kernel = 2}, rng);
  assign(layer.weight, tensor({{{{1.0f, 2.0f}, {3.0f, 4.0f}}}}));
  assign(layer.bias, tensor({100.0f}));
  const Tensor x = tensor({{{{1.0f, 0.0f, 0.0f}, {0.0f, 1.0f, 0.0f}, {0.0f, 0.0f, 1.0f}}}});
  EXPECT_EQ(layer(x).to_vector<double>(), (Values{105, 103, 102, 105}));
}

TEST(Conv2d, PassesItsOptionsOn) {
  Rng rng(6);
  const Conv2d layer({.in = 4,
                      .out = 6,
                      .kernel = {3, 5},
                      .stride = {2, 1},
                      .padding = {0, 4},
                      .dilation = {1, 2},
                      .groups = 2,
                      .bias = false},
                     rng);
  EXPECT_EQ(layer.weight.shape(), (Shape{6, 2, 3, 5}));
  EXPECT_EQ(Names(layer), std::vector<std::string>{"weight"});
  // Height (9 - 3) / 2 + 1, width 8 + 2 * 4 - 2 * 4.
  EXPECT_EQ(layer(ones({1, 4, 9, 8})).shape(), (Shape{1, 6, 4, 8}));
}

TEST(Conv2d, StartsHeUniformWithTheFanOfItsWindow) {
  Rng rng(7);
  const Conv2d layer({.in = 64, .out = 200, .kernel = 3, .groups = 2}, rng);
  // 57,600 uniform draws: 6 * sqrt(0.8 / 57,600) = 2.2 %.
  EXPECT_NEAR(VarianceOf(layer.weight), 2.0 / 288, 0.022 * 2.0 / 288);
  EXPECT_EQ(layer.bias.to_vector<double>(), Values(200, 0));
}

TEST(Conv2d, OptionsOutsideTheirRangeAreRefused) {
  Rng rng(8);
  auto refuse = [&](const char* text, const Conv2d::Options& options) {
    ExpectRefused(text, [&] { Conv2d(options, rng); });
  };
  refuse("Conv2d: in is 0; need in >= 1", {.out = 1, .kernel = 1});
  refuse("Conv2d: out is 0; need out >= 1", {.in = 1, .kernel = 1});
  refuse("Conv2d: kernel.height is 0; need kernel.height >= 1", {.in = 1, .out = 1});
  refuse("Conv2d: kernel.width is 0; need kernel.width >= 1",
         {.in = 1, .out = 1, .kernel = {3, 0}});
  refuse("Conv2d: stride.height is 0; need stride.height >= 1",
         {.in = 1, .out = 1, .kernel = 1, .stride = 0});
  refuse("Conv2d: padding.width is -1; need padding.width >= 0",
         {.in = 1, .out = 1, .kernel = 1, .padding = {0, -1}});
  refuse("Conv2d: dilation.height is 0; need dilation.height >= 1",
         {.in = 1, .out = 1, .kernel = 1, .dilation = 0});
  refuse("Conv2d: groups is 0; need groups >= 1", {.in = 1, .out = 1, .kernel = 1, .groups = 0});
  refuse("Conv2d: groups 2 for in 4 and out 3; need groups that divide both",
         {.in = 4, .out = 3, .kernel = 1, .groups = 2});
}

TEST(LayerNorm, NormalizesItsAxesThenScalesAndShifts) {
  const LayerNorm layer({.shape = {2}, .epsilon = 3});
  // Mean 4, variance 1: (x - 4) / sqrt(1 + 3).
  EXPECT_EQ(layer(tensor({{3.0f, 5.0f}})).to_vector<double>(), (Values{-0.5, 0.5}));
  assign(layer.weight, tensor({2.0f, 4.0f}));
  assign(layer.bias, tensor({10.0f, 20.0f}));
  EXPECT_EQ(layer(tensor({{3.0f, 5.0f}})).to_vector<double>(), (Values{9, 22}));
  EXPECT_EQ(Names(layer), (std::vector<std::string>{"weight", "bias"}));
}

TEST(LayerNorm, OptionsOutsideTheirRangeAreRefused) {
  ExpectRefused("LayerNorm: shape []; need one axis or more, of sizes >= 1",
                [] { LayerNorm({.epsilon = 1}); });
  ExpectRefused("LayerNorm: shape [3, 0]; need one axis or more, of sizes >= 1", [] {
    LayerNorm({.shape = {3, 0}});
  });
  ExpectRefused("LayerNorm: epsilon is 0; need a finite number > 0",
                [] { LayerNorm({.shape = {3}, .epsilon = 0}); });
}

TEST(Dropout, KeepsTheExpectedValue) {
  Rng rng(9);
  const Dropout layer({.p = 0.25}, rng);
  const int n = 40'000;
  int dropped = 0;
  for (float value : layer(ones({n})).to_vector<float>()) {
    if (value == 0) {
      ++dropped;
    } else {
      ASSERT_FLOAT_EQ(value, 1 / 0.75f);
    }
  }
  // Binomial: 6 standard deviations of sqrt(n p (1 - p)).
  EXPECT_NEAR(dropped, n * 0.25, 6 * std::sqrt(n * 0.25 * 0.75));
}

TEST(Dropout, IsTheIdentityInUse) {
  Rng rng(10);
  Dropout layer({.p = 0.5}, rng);
  eval(layer);
  EXPECT_EQ(layer(ones({100})).to_vector<double>(), Values(100, 1));
  EXPECT_EQ(layer.rng.position(), 0u);
  train(layer);
  EXPECT_NE(layer(ones({100})).to_vector<double>(), Values(100, 1));
}

TEST(Dropout, DrawsANewMaskAtEachCallAndTheSameFromTheSameState) {
  Rng rng(11);
  Dropout layer({.p = 0.5}, rng);
  const Dropout other({.p = 0.5}, rng);
  const std::vector<NamedRng> start = generators(layer);
  const Values first = layer(ones({100})).to_vector<double>();
  EXPECT_NE(layer(ones({100})).to_vector<double>(), first);
  EXPECT_NE(other(ones({100})).to_vector<double>(), first);
  load_generators(layer, start);
  EXPECT_EQ(layer(ones({100})).to_vector<double>(), first);
}

TEST(Dropout, OptionsOutsideTheirRangeAreRefused) {
  Rng rng(12);
  for (const auto& [text, p] : {std::pair{"1.5", 1.5}, {"-0.1", -0.1}, {"nan", std::nan("")}}) {
    ExpectRefused(std::string("Dropout: p is ") + text + "; need 0 <= p <= 1",
                  [&, p = p] { Dropout({.p = p}, rng); });
  }
}

TEST(Embedding, LooksRowsUp) {
  Rng rng(13);
  const Embedding layer({.count = 3, .dim = 2}, rng);
  assign(layer.weight, tensor({{1.0f, 2.0f}, {3.0f, 4.0f}, {5.0f, 6.0f}}));
  const Tensor y = layer(tensor({{2, 0}}));
  EXPECT_EQ(y.shape(), (Shape{1, 2, 2}));
  EXPECT_EQ(y.to_vector<double>(), (Values{5, 6, 1, 2}));
  ExpectRefused("Embedding: count is 0; need count >= 1", [&] { Embedding({.dim = 1}, rng); });
  ExpectRefused("Embedding: dim is 0; need dim >= 1", [&] { Embedding({.count = 1}, rng); });
}

TEST(Embedding, StartsStandardNormal) {
  Rng rng(14);
  const Embedding layer({.count = 500, .dim = 100}, rng);
  // 50,000 normal draws: 6 * sqrt(2 / 50,000) = 3.8 %.
  EXPECT_NEAR(VarianceOf(layer.weight), 1, 0.038);
}

TEST(Stateless, ReluAndGelu) {
  const Tensor x = tensor({-1.0f, 2.0f});
  EXPECT_EQ(Relu()(x).to_vector<double>(), (Values{0, 2}));
  const Values exact = Gelu()(x).to_vector<double>();
  const Values tanh_form = Gelu{GeluForm::kTanh}(x).to_vector<double>();
  // x * Phi(x): the two forms differ by about 1e-4 at -1.
  EXPECT_NEAR(exact[0], -0.5 * std::erfc(1 / std::sqrt(2.0)), 1e-6);
  EXPECT_GT(std::abs(exact[0] - tanh_form[0]), 5e-5);
}

TEST(Stateless, FlattenKeepsTheFirstAxis) {
  EXPECT_EQ(Flatten()(ones({2, 3, 4})).shape(), (Shape{2, 12}));
  EXPECT_EQ(Flatten()(ones({0, 3, 4})).shape(), (Shape{0, 12}));
  EXPECT_EQ(Flatten()(ones({5})).shape(), (Shape{5, 1}));
  ExpectError(ErrorCode::kShape, "Flatten: a 0-d tensor; need a first axis of samples",
              [] { Flatten()(ones({})); });
}

TEST(Stateless, MaxPool2dTakesTheLargestOfEachWindow) {
  const Tensor x = tensor({{{{1.0f, 2.0f, 5.0f, 6.0f}, {3.0f, 4.0f, 8.0f, 7.0f}}}});
  EXPECT_EQ(MaxPool2d({.kernel = 2})(x).to_vector<double>(), (Values{4, 8}));
}

TEST(Layers, ComposeInASequential) {
  Rng rng(15);
  const Sequential model(Conv2d({.in = 1, .out = 4, .kernel = 3, .padding = 1}, rng), Relu(),
                         MaxPool2d({.kernel = 2}), Flatten(), Dropout({.p = 0.1}, rng),
                         Linear({.in = 64, .out = 10}, rng), LayerNorm({.shape = {10}}));
  EXPECT_EQ(model(ones({2, 1, 8, 8})).shape(), (Shape{2, 10}));
  EXPECT_EQ(Names(model), (std::vector<std::string>{"0.weight", "0.bias", "5.weight", "5.bias",
                                                    "6.weight", "6.bias"}));
  EXPECT_EQ(parameter_count(model), 4 * 9 + 4 + 640 + 10 + 20);
}

}  // namespace
}  // namespace prova

#include "nn/optimizer.h"

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "autograd/movement.h"
#include "base/parallel_for.h"
#include "base/testing.h"
#include "nn/adamw.h"
#include "nn/sgd.h"
#include "ops/common/kernel_table.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Gradients as `backward` gives them: those of a sum of <x_i, gradient_i>, without operations.
Gradients GradientsOf(const NamedTensors& parameters, const Tensors& gradients) {
  Tensors outputs;
  for (const NamedTensor& p : parameters) outputs.push_back(reshape(p.value, p.value.shape()));
  return backward(outputs, {.cotangents = gradients});
}

Gradients GradientOf(const Tensor& p, const Tensor& gradient) {
  return GradientsOf({{"p", p}}, {gradient});
}

void Step(Optimizer& optimizer, const Tensor& p, const Tensor& gradient, double factor = 1) {
  optimizer.step({{"p", p}}, GradientOf(p, gradient), factor);
}

Tensor Double(const NestedList& values) { return tensor(values, DType::kFloat64); }

double First(const Tensor& x) { return x.to_vector<double>()[0]; }

TEST(Sgd, PlainStepIsLearningRateTimesGradient) {
  Sgd sgd({.lr = 0.5});
  const Tensor p = parameter(tensor({1.0f, 2.0f}));
  Step(sgd, p, tensor({2.0f, -4.0f}));
  EXPECT_EQ(p.to_vector<double>(), (std::vector<double>{0, 4}));
}

TEST(Sgd, MomentumAddsUpGradients) {
  Sgd sgd({.lr = 1, .momentum = 0.5});
  const Tensor p = parameter(tensor({10.0f}));
  Step(sgd, p, tensor({1.0f}));  // m = 1
  EXPECT_EQ(First(p), 9);
  Step(sgd, p, tensor({1.0f}));  // m = 1.5
  EXPECT_EQ(First(p), 7.5);
  Step(sgd, p, tensor({0.0f}));  // m = 0.75
  EXPECT_EQ(First(p), 6.75);
}

TEST(Sgd, NesterovLooksAheadByOneStepOfMomentum) {
  Sgd sgd({.lr = 1, .momentum = 0.5, .nesterov = true});
  const Tensor p = parameter(tensor({10.0f}));
  Step(sgd, p, tensor({1.0f}));  // m = 1, direction 1 + 0.5
  EXPECT_EQ(First(p), 8.5);
  Step(sgd, p, tensor({2.0f}));  // m = 2.5, direction 2 + 1.25
  EXPECT_EQ(First(p), 5.25);
}

TEST(Sgd, WeightDecayIsAPenaltyWithinTheGradient) {
  Sgd sgd({.lr = 0.5, .momentum = 0.5, .weight_decay = 0.25});
  const Tensor p = parameter(tensor({8.0f}));
  Step(sgd, p, tensor({0.0f}));  // g = 2, m = 2
  EXPECT_EQ(First(p), 7);
  Step(sgd, p, tensor({0.0f}));  // g = 1.75, m = 2.75
  EXPECT_EQ(First(p), 5.625);
  Sgd plain({.lr = 0.5, .weight_decay = 0.25});
  const Tensor q = parameter(tensor({8.0f}));
  Step(plain, q, tensor({1.0f}));  // 8 - 0.5 * (1 + 2)
  EXPECT_EQ(First(q), 6.5);
}

TEST(AdamW, TheFirstStepHasTheSizeOfTheLearningRate) {
  // m / (1 - beta1) = g and sqrt(v / (1 - beta2)) = |g|, so the step is lr * sign(g).
  AdamW adamw({.lr = 0.125, .epsilon = 1e-30, .weight_decay = 0});
  const Tensor p = parameter(Double({1.0, 1.0}));
  Step(adamw, p, Double({3.0, -1e-5}));
  EXPECT_NEAR(p.to_vector<double>()[0], 0.875, 1e-15);
  EXPECT_NEAR(p.to_vector<double>()[1], 1.125, 1e-15);
}

TEST(AdamW, TwoStepsByHand) {
  AdamW adamw({.lr = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1, .weight_decay = 0});
  const Tensor p = parameter(Double({0.0}));
  Step(adamw, p, Double({2.0}));  // m 1, v 1: corrected 2 and 4, 2 / (2 + 1)
  EXPECT_NEAR(First(p), -0.1 * 2 / 3, 1e-15);
  Step(adamw, p, Double({0.0}));  // m 0.5, v 0.75: corrected 2/3 and 12/7
  EXPECT_NEAR(First(p), -0.1 * 2 / 3 - 0.1 * (2.0 / 3) / (std::sqrt(12.0 / 7) + 1), 1e-15);
}

TEST(AdamW, VectorsGiveTheBitsOfThePlainLoop) {
  Rng rng(1);
  for (int64_t n : {1, 7, 15, 16, 17, 35, 40000}) {
    const Tensor start = randn({n}, rng), gradient = randn({n}, rng);
    std::vector<float> results[2];
    for (Where column : {Where::kReference, Where::kSimd}) {
      const ScopedKernels kernels(column);
      AdamW adamw({.lr = 0.1, .weight_decay = 0.1});
      const Tensor p = parameter(zeros_like(start));
      assign(p, start);
      for (int i = 0; i < 3; ++i) Step(adamw, p, gradient);
      results[column == Where::kSimd] = p.to_vector<float>();
    }
    EXPECT_EQ(results[0], results[1]) << n;
    EXPECT_NE(results[0], start.to_vector<float>()) << n;
  }
}

TEST(AdamW, WeightDecayIsDecoupledFromTheGradient) {
  AdamW adamw({.lr = 0.5, .epsilon = 1, .weight_decay = 0.25});
  const Tensor p = parameter(Double({8.0}));
  Step(adamw, p, Double({0.0}));
  EXPECT_DOUBLE_EQ(First(p), 7);
  // Of the rate of this step: 7 * (1 - 0.5 * 0.5 * 0.25).
  Step(adamw, p, Double({0.0}), 0.5);
  EXPECT_DOUBLE_EQ(First(p), 6.5625);
}

/// The published algorithms, one number at a time in double.
struct SgdOracle {
  Sgd::Options o;
  double m = 0;
  double operator()(double p, double g) {
    g += o.weight_decay * p;
    m = o.momentum * m + g;
    return p - o.lr * (o.nesterov ? g + o.momentum * m : m);
  }
};
struct AdamWOracle {
  AdamW::Options o;
  double m = 0, v = 0;
  int t = 0;
  double operator()(double p, double g) {
    ++t;
    p -= o.lr * o.weight_decay * p;
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const double m_hat = m / (1 - std::pow(o.beta1, t));
    const double v_hat = v / (1 - std::pow(o.beta2, t));
    return p - o.lr * m_hat / (std::sqrt(v_hat) + o.epsilon);
  }
};

/// 50 steps with random gradients against the oracle, one for each element.
template <typename Oracle>
void CompareOver50Steps(Optimizer& optimizer, const Oracle& oracle, DType dtype) {
  constexpr int kSteps = 50;
  Rng rng(7);
  const Tensor p = parameter(randn({5, 7}, rng, {.dtype = dtype}));
  const std::vector<double> start = p.to_vector<double>();
  std::vector<double> expected = start;
  std::vector<Oracle> oracles(expected.size(), oracle);
  for (int step = 0; step < kSteps; ++step) {
    const Tensor gradient = randn({5, 7}, rng, {.dtype = dtype});
    const std::vector<double> g = gradient.to_vector<double>();
    for (size_t i = 0; i < g.size(); ++i) expected[i] = oracles[i](expected[i], g[i]);
    Step(optimizer, p, gradient);
  }
  // Each step rounds p, m, v and a few intermediates, at magnitudes up to about 4.
  const double tolerance = 4 * 8 * kSteps * Epsilon(dtype);
  const std::vector<double> actual = p.to_vector<double>();
  double way = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LE(std::abs(actual[i] - expected[i]), tolerance) << "element " << i;
    way += std::abs(expected[i] - start[i]) / static_cast<double>(expected.size());
  }
  // The way walked is far longer than what is allowed to differ.
  EXPECT_GT(way, 100 * tolerance);
}

TEST(Optimizers, FollowTheOracleOver50Steps) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64}) {
    for (const Sgd::Options& options :
         {Sgd::Options{.lr = 0.05}, Sgd::Options{.lr = 0.02, .momentum = 0.9, .weight_decay = 0.1},
          Sgd::Options{.lr = 0.02, .momentum = 0.8, .nesterov = true, .weight_decay = 0.05}}) {
      Sgd sgd(options);
      CompareOver50Steps(sgd, SgdOracle{options}, dtype);
    }
    for (const AdamW::Options& options :
         {AdamW::Options{.lr = 0.05, .weight_decay = 0.1},
          AdamW::Options{.lr = 0.1, .beta1 = 0.7, .beta2 = 0.95, .epsilon = 0.1}}) {
      AdamW adamw(options);
      CompareOver50Steps(adamw, AdamWOracle{options}, dtype);
    }
  }
}

TEST(Optimizers, KeepFloatStateForBfloat16) {
  AdamW adamw({.lr = 0.5});
  const Tensor p = parameter(ones({3}, {.dtype = DType::kBFloat16}));
  // 1 - beta2 = 0.001 times 0.01^2 is far below what bfloat16 resolves next to 1.
  Step(adamw, p, full({3}, 0.01, {.dtype = DType::kBFloat16}));
  EXPECT_EQ(find(adamw.state(), "p.exp_avg_sq").dtype(), DType::kFloat32);
  EXPECT_NEAR(First(p), 0.5, 0.01);
}

TEST(Optimizers, WorkOnStridedParametersAndBroadcastGradients) {
  const Tensor storage = zeros({3, 4});
  const Tensor p = parameter(view::Permute(storage, {1, 0}));
  Sgd sgd({.lr = 1, .momentum = 0.5});
  Step(sgd, p, view::Expand(tensor({1.0f, 2.0f, 3.0f}), {4, 3}));                // m: 1 2 3
  Step(sgd, p, view::Expand(tensor({{0.0f}, {1.0f}, {2.0f}, {3.0f}}), {4, 3}));  // m: m/2 + 0 1 2 3
  EXPECT_EQ(storage.to_vector<double>(),
            (std::vector<double>{-1.5, -2.5, -3.5, -4.5, -3, -4, -5, -6, -4.5, -5.5, -6.5, -7.5}));
}

TEST(Optimizers, GiveTheSameBitsForOneThreadAndTwo) {
  auto run = [](int threads) {
    const ScopedNumThreads scope(threads);
    Rng rng(3);
    const int64_t n = 3 * 32768 + 17;
    AdamW adamw({.lr = 0.01});
    Sgd sgd({.lr = 0.01, .momentum = 0.9, .nesterov = true});
    const Tensor p = parameter(randn({n}, rng));
    for (int step = 0; step < 3; ++step) {
      Step(adamw, p, randn({n}, rng));
      Step(sgd, p, randn({n}, rng));
    }
    return p.to_vector<float>();
  };
  EXPECT_EQ(run(1), run(2));
}

/// Three steps of both optimizers on more parameters than one launch takes, of sizes around packs
/// and pieces and of every floating dtype.
std::vector<std::vector<double>> StepsOn(const Device& device) {
  const ScopedDevice scope(device);
  Rng rng(13);
  const int64_t sizes[] = {1, 3, 4, 5, 17, 0, 4095, 4096, 4099, 9001};
  NamedTensors parameters;
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16}) {
    for (int i = 0; i < (dtype == DType::kFloat32 ? 70 : 10); ++i) {
      const Shape shape = {i < 10 ? sizes[i] : i % 7};
      parameters.push_back({Cat(dtype, i), parameter(randn(shape, rng, {.dtype = dtype}))});
    }
  }
  // From its second element on, nothing is aligned.
  const Tensor whole = randn({100}, rng);
  parameters.push_back({"part", parameter(view::Slice(whole, 0, {.start = 1, .stop = 90}))});
  AdamW adamw({.lr = 0.01, .weight_decay = 0.1});
  Sgd momentum({.lr = 0.02, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01});
  Sgd plain({.lr = 0.03, .weight_decay = 0.02});
  for (int step = 0; step < 3; ++step) {
    for (Optimizer* optimizer :
         {static_cast<Optimizer*>(&adamw), static_cast<Optimizer*>(&momentum),
          static_cast<Optimizer*>(&plain)}) {
      Tensors gradients;
      for (const auto& [name, p] : parameters) {
        gradients.push_back(randn(p.shape(), rng, {.dtype = p.dtype()}));
      }
      optimizer->step(parameters, GradientsOf(parameters, gradients));
    }
  }
  std::vector<std::vector<double>> results = {whole.to_vector<double>()};
  for (const auto& [name, p] : parameters) results.push_back(p.to_vector<double>());
  return results;
}

TEST(Optimizers, GiveTheSameBitsOnEveryDevice) {
  EXPECT_EQ(StepsOn(kCpu), StepsOn(default_device()));
}

TEST(Optimizers, UpdateOneMemoryOfTwoNamesTwice) {
  Sgd sgd({.lr = 1, .momentum = 0.5});
  const Tensor p = parameter(tensor({10.0f, 20.0f}));
  const NamedTensors both = {{"encoder", p}, {"decoder", p}};
  sgd.step(both, GradientsOf({{"p", p}}, {tensor({1.0f, 2.0f})}));
  EXPECT_EQ(p.to_vector<double>(), (std::vector<double>{8, 16}));
}

TEST(Optimizers, TheFactorScalesTheLearningRate) {
  Sgd sgd({.lr = 0.5});
  const Tensor p = parameter(tensor({1.0f}));
  Step(sgd, p, tensor({1.0f}), 0.25);
  EXPECT_EQ(First(p), 0.875);
  ExpectError(ErrorCode::kValue, "Sgd: lr_factor is nan; need a finite number >= 0",
              [&] { Step(sgd, p, tensor({1.0f}), kNan); });
}

TEST(Optimizers, AStepCountsAsAWrite) {
  Sgd sgd({.lr = 1});
  const Tensor p = parameter(tensor({1.0f}));
  const int64_t before = p.storage()->version();
  const Gradients gradients = GradientOf(p, tensor({1.0f}));
  sgd.step({{"p", p}}, gradients);
  EXPECT_GT(p.storage()->version(), before);
}

TEST(Optimizers, AParameterWithoutGradientIsRefusedBeforeAnythingChanges) {
  AdamW adamw({.lr = 1});
  const Tensor used = parameter(tensor({1.0f})), unused = parameter(tensor({1.0f}));
  const Gradients gradients = GradientOf(used, tensor({1.0f}));
  ExpectError(ErrorCode::kGradient,
              "AdamW: parameter 'unused' without a gradient; need a loss that was computed from "
              "every parameter; does the model use it?",
              [&] {
                adamw.step({{"used", used}, {"unused", unused}}, gradients);
              });
  EXPECT_EQ(First(used), 1);
  EXPECT_TRUE(adamw.state().empty());
}

TEST(Optimizers, AFrozenParameterIsRefusedOrSkippedAsAsked) {
  const Tensor p = parameter(tensor({1.0f})), frozen = tensor({1.0f});
  const NamedTensors both = {{"frozen", frozen}, {"p", p}};
  Sgd strict({.lr = 1});
  ExpectError(ErrorCode::kGradient,
              "Sgd: parameter 'frozen' without a gradient; need a loss that was computed from "
              "every parameter; it is not tracked: make it with parameter(x), or set skip_frozen "
              "to leave it as it is",
              [&] { strict.step(both, GradientOf(p, tensor({1.0f}))); });
  Sgd lenient({.lr = 1, .skip_frozen = true});
  lenient.step(both, GradientOf(p, tensor({1.0f})));
  EXPECT_EQ(First(frozen), 1);
  EXPECT_EQ(First(p), 0);
  const Tensor unused = parameter(tensor({1.0f}));
  EXPECT_THROW(lenient.step({{"p", p}, {"u", unused}}, GradientOf(p, tensor({1.0f}))), Error);
}

TEST(Optimizers, NamesAndPlacesMustBeUnique) {
  Sgd sgd({.lr = 1});
  const Tensor p = parameter(tensor({1.0f}));
  ExpectError(ErrorCode::kValue, "Sgd: two tensors named 'p'; need a name of its own for each",
              [&] {
                sgd.step({{"p", p}, {"p", p}}, GradientOf(p, tensor({1.0f})));
              });
  const Tensor expanded = parameter(view::Expand(tensor({1.0f}), {3}));
  ExpectError(ErrorCode::kValue,
              "Sgd: parameter 'e' that is an expanded view; need elements with places of their own",
              [&] {
                sgd.step({{"e", expanded}}, GradientOf(expanded, ones({3})));
              });
}

TEST(Optimizers, OptionsOutsideTheirRangeAreRefused) {
  auto sgd = [](const char* text, const Sgd::Options& options) {
    ExpectError(ErrorCode::kValue, text, [&] { Sgd{options}; });
  };
  sgd("Sgd: lr is nan; need a finite number >= 0", {.lr = kNan});
  sgd("Sgd: lr is inf; need a finite number >= 0", {.lr = kInf});
  sgd("Sgd: lr is -0.1; need a finite number >= 0", {.lr = -0.1});
  sgd("Sgd: momentum is 1; need 0 <= value < 1", {.momentum = 1});
  sgd("Sgd: momentum is -0.5; need 0 <= value < 1", {.momentum = -0.5});
  sgd("Sgd: momentum is nan; need 0 <= value < 1", {.momentum = kNan});
  sgd("Sgd: weight_decay is -1; need a finite number >= 0", {.weight_decay = -1});
  sgd("Sgd: nesterov with momentum 0; need momentum > 0", {.nesterov = true});
  auto adamw = [](const char* text, const AdamW::Options& options) {
    ExpectError(ErrorCode::kValue, text, [&] { AdamW{options}; });
  };
  adamw("AdamW: lr is nan; need a finite number >= 0", {.lr = kNan});
  adamw("AdamW: beta1 is 1; need 0 <= value < 1", {.beta1 = 1});
  adamw("AdamW: beta2 is -0.1; need 0 <= value < 1", {.beta2 = -0.1});
  adamw("AdamW: epsilon is 0; need a finite number > 0", {.epsilon = 0});
  adamw("AdamW: epsilon is inf; need a finite number > 0", {.epsilon = kInf});
  adamw("AdamW: weight_decay is inf; need a finite number >= 0", {.weight_decay = kInf});
}

TEST(OptimizerState, ContinuesBitForBit) {
  Rng rng(11);
  const Tensor p = parameter(randn({6}, rng)), q = parameter(copy_of(p));
  const Tensor g1 = randn({6}, rng), g2 = randn({6}, rng);
  AdamW one({.lr = 0.1}), other({.lr = 0.1});
  Step(one, p, g1);
  assign(q, p);
  other.load_state(one.state());
  Step(one, p, g2);
  Step(other, q, g2);
  EXPECT_EQ(p.to_vector<float>(), q.to_vector<float>());
  AdamW fresh({.lr = 0.1});
  assign(q, p);
  Step(one, p, g2);
  Step(fresh, q, g2);
  EXPECT_NE(p.to_vector<float>(), q.to_vector<float>());
}

TEST(OptimizerState, FollowsItsParameterToItsDevice) {
  Rng rng(12);
  const Tensor p = parameter(randn({6}, rng)), q = parameter(copy_of(p));
  const Tensor gradient = randn({6}, rng);
  AdamW one({.lr = 0.1}), other({.lr = 0.1});
  Step(one, p, gradient);
  assign(q, p);
  // As read from a file.
  NamedTensors state = one.state();
  for (NamedTensor& entry : state) entry.value = To(entry.value, kCpu);
  other.load_state(state);
  Step(one, p, gradient);
  Step(other, q, gradient);
  EXPECT_EQ(p.to_vector<float>(), q.to_vector<float>());
  EXPECT_EQ(find(other.state(), "p.exp_avg").device(), q.device());
}

TEST(OptimizerState, HasNamesOfParameterAndSlot) {
  AdamW adamw({.lr = 0.1});
  const Tensor p = parameter(ones({2})), q = parameter(ones({2, 2}));
  const NamedTensors both = {{"b.weight", p}, {"a.weight", q}};
  adamw.step(both, GradientsOf(both, {ones({2}), ones({2, 2})}));
  std::string names;
  for (const NamedTensor& entry : adamw.state()) names += entry.name + " ";
  EXPECT_EQ(names,
            "a.weight.exp_avg a.weight.exp_avg_sq a.weight.step "
            "b.weight.exp_avg b.weight.exp_avg_sq b.weight.step ");
  EXPECT_EQ(find(adamw.state(), "a.weight.step").item<int64_t>(), 1);
}

TEST(OptimizerState, IsCopiedWhenLoaded) {
  AdamW one({.lr = 0.1}), other({.lr = 0.1});
  const Tensor p = parameter(ones({1}));
  Step(one, p, ones({1}));
  other.load_state(one.state());
  const double before = First(find(other.state(), "p.exp_avg"));
  Step(one, p, ones({1}));
  EXPECT_EQ(First(find(other.state(), "p.exp_avg")), before);
}

TEST(OptimizerState, OfAnotherKindIsRefusedAndChangesNothing) {
  const Tensor p = parameter(ones({1}));
  Sgd sgd({.lr = 0.1, .momentum = 0.9});
  Step(sgd, p, ones({1}));
  AdamW adamw({.lr = 0.1});
  Step(adamw, p, ones({1}));
  ExpectError(ErrorCode::kValue,
              "AdamW.load_state: 'p.momentum_buffer' of float32[1]; need an entry that state() of "
              "the same optimizer gave",
              [&] { adamw.load_state(sgd.state()); });
  auto without = [&](const char* name) {
    NamedTensors state = adamw.state();
    std::erase_if(state, [&](const NamedTensor& entry) { return entry.name == name; });
    return state;
  };
  ExpectError(ErrorCode::kValue,
              "AdamW.load_state: no 'p.exp_avg_sq'; need every entry of its parameter",
              [&] { adamw.load_state(without("p.exp_avg_sq")); });
  ExpectError(ErrorCode::kValue,
              "AdamW.load_state: 'p.step' missing or below 1; need the number of steps taken",
              [&] { adamw.load_state(without("p.step")); });
  NamedTensors integers = adamw.state();
  integers[0].value = zeros({1}, {.dtype = DType::kInt32});
  ExpectError(ErrorCode::kDType,
              "AdamW.load_state: 'p.exp_avg' of int32[1]; need float32 or float64",
              [&] { adamw.load_state(integers); });
  EXPECT_EQ(adamw.state().size(), 3u);
}

TEST(OptimizerState, OfAnotherShapeIsRefusedBeforeAnythingChanges) {
  AdamW adamw({.lr = 0.1});
  const Tensor p = parameter(ones({1})), q = parameter(ones({2}));
  Step(adamw, p, ones({1}));
  ExpectError(ErrorCode::kShape,
              "AdamW: state 'p.exp_avg' of float32[1]; need float32[2] for its parameter",
              [&] { Step(adamw, q, ones({2})); });
  EXPECT_EQ(First(q), 1);
  const Tensor d = parameter(ones({1}, {.dtype = DType::kFloat64}));
  ExpectError(ErrorCode::kDType,
              "AdamW: state 'p.exp_avg' of float32[1]; need float64[1] for its parameter",
              [&] { Step(adamw, d, ones({1}, {.dtype = DType::kFloat64})); });
}

TEST(Optimizer, TakesGradientsThatTheCallerHas) {
  Sgd sgd({.lr = 0.5, .skip_frozen = true});
  const Tensor p = parameter(tensor({1.0f, 2.0f})), frozen = tensor({3.0f});
  const NamedTensors both = {{"p", p}, {"frozen", frozen}};
  sgd.step(both, Tensors{tensor({2.0f, -4.0f}), Tensor()});
  EXPECT_EQ(p.to_vector<double>(), (std::vector<double>{0, 4}));
  EXPECT_EQ(First(frozen), 3);
  ExpectError(ErrorCode::kGradient,
              "Sgd: parameter 'p' without a gradient; need a loss that was computed from every "
              "parameter; does the model use it?",
              [&] {
                sgd.step(both, Tensors{Tensor(), Tensor()});
              });
  ExpectError(ErrorCode::kValue, "Sgd: 1 gradients for 2 parameters; need one a parameter",
              [&] { sgd.step(both, Tensors{ones({2})}); });
  ExpectError(ErrorCode::kShape,
              "Sgd: a gradient of float32[3] for 'p'; need the parameter's shape [2]", [&] {
                sgd.step(both, Tensors{ones({3}), Tensor()});
              });
}

}  // namespace
}  // namespace prova

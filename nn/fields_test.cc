#include "nn/fields.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "autograd/tape.h"
#include "base/testing.h"
#include "nn/module.h"
#include "tensor/create.h"
#include "tensor/view.h"

namespace prova {
namespace {

/// A layer that needs no operation: it returns its input and holds what layers hold.
struct Affine {
  Tensor weight, bias;
  Tensor operator()(const Tensor& x) const { return x; }
  PROVA_FIELDS(weight, bias)
};

struct Noise {
  double p = 0.5;
  Mode mode;
  mutable Rng rng{1};
  Tensor operator()(const Tensor& x) const {
    rng.Take(1);
    return x;
  }
  PROVA_FIELDS(mode, rng)
};

struct Identity {
  Tensor operator()(const Tensor& x) const { return x; }
};

/// A layer with members but without fields to visit.
struct Scaled {
  int factor = 2;
  Tensor operator()(const Tensor& x) const { return x; }
  PROVA_FIELDS()
};

struct Net {
  Affine conv1;
  std::vector<Affine> blocks;
  std::array<Tensor, 2> pair;
  std::optional<Affine> head;
  Noise noise;
  Identity identity;
  PROVA_FIELDS(conv1, blocks, pair, head, noise, identity)
};

Affine MakeAffine(bool bias = true) {
  return {.weight = parameter(ones({2, 3})), .bias = bias ? parameter(zeros({2})) : Tensor()};
}

Net MakeNet() {
  return {.conv1 = MakeAffine(),
          .blocks = {MakeAffine(), MakeAffine(false)},
          .pair = {ones({1}), ones({4})}};
}

std::vector<std::string> Names(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

using Strings = std::vector<std::string>;

TEST(Fields, ParametersHavePathsAsNamesInTheOrderOfTheFields) {
  EXPECT_EQ(Names(parameters(MakeNet())),
            (Strings{"conv1.weight", "conv1.bias", "blocks.0.weight", "blocks.0.bias",
                     "blocks.1.weight", "pair.0", "pair.1"}));
}

TEST(Fields, AnOptionalLayerAppearsWhenItIsThere) {
  Net net = MakeNet();
  net.head = MakeAffine();
  const Strings names = Names(parameters(net));
  EXPECT_EQ(Strings(names.end() - 2, names.end()), (Strings{"head.weight", "head.bias"}));
}

TEST(Fields, ParametersAreTheModelsOwnHandles) {
  const Net net = MakeNet();
  const NamedTensors all = parameters(net);
  EXPECT_TRUE(is_tracked(all[0].value));
  assign(all[0].value, full({2, 3}, 5));
  EXPECT_EQ(net.conv1.weight.to_vector<double>(), std::vector<double>(6, 5));
}

TEST(Fields, ATiedTensorIsListedOnceUnderItsFirstName) {
  Net net = MakeNet();
  net.blocks[1].weight = net.conv1.weight;
  EXPECT_EQ(Names(parameters(net)), (Strings{"conv1.weight", "conv1.bias", "blocks.0.weight",
                                             "blocks.0.bias", "pair.0", "pair.1"}));
}

TEST(Fields, TwoViewsOfOneStorageAreTwoParameters) {
  const Tensor both = ones({4});
  Net net = MakeNet();
  net.pair = {view::Slice(both, 0, {.stop = 2}), view::Slice(both, 0, {.start = 2})};
  EXPECT_EQ(Names(parameters(net)).back(), "pair.1");
}

TEST(Fields, TheCountIsOfElements) {
  // conv1 and blocks.0: 6 + 2 each, blocks.1: 6, pair: 1 + 4.
  EXPECT_EQ(parameter_count(MakeNet()), 27);
}

TEST(Fields, TrainAndEvalReachEveryMode) {
  Net net = MakeNet();
  eval(net);
  EXPECT_FALSE(net.noise.mode.training);
  train(net);
  EXPECT_TRUE(net.noise.mode.training);
}

TEST(Fields, ACopySharesParametersAndACloneDoesNot) {
  const Net net = MakeNet();
  const Net copy = net;
  const Net own = clone(net);
  assign(net.conv1.weight, full({2, 3}, 7));
  EXPECT_EQ(copy.conv1.weight.to_vector<double>()[0], 7);
  EXPECT_EQ(own.conv1.weight.to_vector<double>()[0], 1);
  EXPECT_TRUE(is_tracked(own.conv1.weight));
  EXPECT_FALSE(is_tracked(own.pair[0]));
}

TEST(Fields, ACloneKeepsTiedTensorsTied) {
  Net net = MakeNet();
  net.blocks[1].weight = net.conv1.weight;
  const Net own = clone(net);
  EXPECT_EQ(own.blocks[1].weight.storage(), own.conv1.weight.storage());
  EXPECT_NE(own.conv1.weight.storage(), net.conv1.weight.storage());
}

TEST(Fields, GeneratorsAreSavedAndPutBack) {
  Net net = MakeNet();
  net.noise.rng.Take(5);
  const std::vector<NamedRng> states = generators(net);
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states[0].name, "noise.rng");
  EXPECT_EQ(states[0].rng.position(), 5u);
  net.noise.rng.Take(100);
  load_generators(net, states);
  EXPECT_EQ(net.noise.rng.position(), 5u);
}

TEST(Fields, GeneratorsOfAnotherModelAreRefused) {
  Net net = MakeNet();
  ExpectError(ErrorCode::kValue,
              "load_generators: generators 'dropout.rng'; need those of the model, 'noise.rng'",
              [&] {
                load_generators(net, {{"dropout.rng", Rng(9)}});
              });
  ExpectError(ErrorCode::kValue,
              "load_generators: generators none; need those of the model, 'noise.rng'",
              [&] { load_generators(net, {}); });
  EXPECT_EQ(net.noise.rng.seed(), 1u);
}

TEST(Sequential, NamesParametersByPosition) {
  const Sequential model(MakeAffine(), Identity(), Scaled(), MakeAffine(false));
  EXPECT_EQ(Names(parameters(model)), (Strings{"0.weight", "0.bias", "3.weight"}));
  struct Outer {
    Sequential features;
    PROVA_FIELDS(features)
  };
  EXPECT_EQ(Names(parameters(Outer{model})),
            (Strings{"features.0.weight", "features.0.bias", "features.3.weight"}));
}

TEST(Sequential, AppliesLayersInOrder) {
  Sequential model([](const Tensor& x) { return view::Unsqueeze(x, 0); });
  model.push_back(+[](const Tensor& x) { return view::Permute(x, {1, 0}); });
  EXPECT_EQ(model(ones({2})).shape(), (Shape{2, 1}));
  EXPECT_EQ(model.size(), 2u);
  EXPECT_EQ(Sequential()(ones({2})).shape(), (Shape{2}));
}

TEST(Sequential, PassesModeOnToItsLayers) {
  struct Probe {
    Mode mode;
    Tensor operator()(const Tensor&) const { return full({}, mode.training ? 1 : 0); }
    PROVA_FIELDS(mode)
  };
  Sequential model(Sequential(Probe{}));
  eval(model);
  EXPECT_EQ(model(ones({1})).item(), 0);
  train(model);
  EXPECT_EQ(model(ones({1})).item(), 1);
}

TEST(Module, ACopyHasALayerOfItsOwnWithTheSameParameters) {
  Module first = Noise{};
  const Module second = first;
  first(ones({1}));
  EXPECT_EQ(generators(first)[0].rng.position(), 1u);
  EXPECT_EQ(generators(second)[0].rng.position(), 0u);

  const Module weights = MakeAffine();
  Module assigned = Identity();
  assigned = weights;
  EXPECT_EQ(parameters(assigned)[0].value.storage(), parameters(weights)[0].value.storage());
}

template <typename Layer>
concept CanBeAModule = std::constructible_from<Module, Layer>;

TEST(Module, TakesOnlyWhatMapsATensorToATensor) {
  EXPECT_TRUE(CanBeAModule<Affine>);
  EXPECT_FALSE(CanBeAModule<int>);
  EXPECT_FALSE(CanBeAModule<Net>);
}

TEST(Module, RefusesWhatCouldHideParameters) {
  const Affine hidden = MakeAffine();
  auto capturing = [hidden](const Tensor& x) { return hidden(x); };
  auto plain = [](const Tensor& x) { return x; };
  EXPECT_FALSE(CanBeAModule<decltype(capturing)>);
  EXPECT_TRUE(CanBeAModule<decltype(plain)>);
  EXPECT_TRUE(CanBeAModule<Tensor (*)(const Tensor&)>);
  EXPECT_TRUE(internal::IsVisitable<std::vector<std::optional<Affine>>>());
  EXPECT_FALSE(internal::IsVisitable<std::vector<double>>());
  EXPECT_FALSE(internal::IsVisitable<std::string>());
}

}  // namespace
}  // namespace prova

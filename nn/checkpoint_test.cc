#include "nn/checkpoint.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "autograd/movement.h"
#include "base/atomic_file.h"
#include "base/testing.h"
#include "nn/adamw.h"
#include "nn/test_folder.h"
#include "tensor/create.h"

namespace prova {
namespace {

/// A model without operations: two parameters and a generator.
struct Toy {
  Tensor weight = parameter(tensor({{1.0f, 2.0f}, {3.0f, 4.0f}}));
  Tensor bias = parameter(tensor({5.0f, 6.0f}));
  mutable Rng rng{42};
  PROVA_FIELDS(weight, bias, rng)
};

std::vector<float> ValuesOf(const auto& model) {
  std::vector<float> values;
  for (const NamedTensor& p : parameters(model)) {
    for (float value : p.value.to_vector<float>()) values.push_back(value);
  }
  return values;
}

const std::vector<float> kStart = {1, 2, 3, 4, 5, 6};

class CheckpointTest : public TestFolder {};

class LoadParameters : public TestFolder {};

TEST_F(LoadParameters, RestoreWhatWasSavedIntoTheSameHandles) {
  Toy saved, loaded;
  const Tensor handle = loaded.weight;
  assign(saved.weight, full({2, 2}, 9));
  save_parameters(saved, path_, {{"note", "text"}});
  EXPECT_TRUE(load_parameters(loaded, path_).empty());
  EXPECT_EQ(ValuesOf(loaded), (std::vector<float>{9, 9, 9, 9, 5, 6}));
  EXPECT_EQ(handle.to_vector<float>(), std::vector<float>(4, 9));
  EXPECT_TRUE(is_tracked(loaded.weight));
  EXPECT_EQ(load_safetensors(path_).metadata, (Metadata{{"note", "text"}}));
}

TEST_F(LoadParameters, ConvertBetweenFloatingDTypes) {
  Toy toy;
  save_safetensors(path_, {{"weight", full({2, 2}, 0.5, {.dtype = DType::kBFloat16})},
                           {"bias", full({2}, 0.25, {.dtype = DType::kFloat64})}});
  load_parameters(toy, path_);
  EXPECT_EQ(toy.weight.dtype(), DType::kFloat32);
  EXPECT_EQ(ValuesOf(toy), (std::vector<float>{0.5, 0.5, 0.5, 0.5, 0.25, 0.25}));
}

TEST_F(LoadParameters, ListEveryDifferenceAndChangeNothing) {
  const Toy toy;
  save_safetensors(path_, {{"weight", zeros({2, 3})}, {"scale", zeros({1})}, {"gain", zeros({})}});
  ExpectError(ErrorCode::kShape,
              path_.string() +
                  ": missing bias; unexpected gain, scale; unfit weight (float32[2, 3] for "
                  "float32[2, 2]); need exactly the model's parameters",
              [&] { load_parameters(toy, path_); });
  save_safetensors(path_, {{"weight", zeros({2, 2})}, {"bias", tensor({1, 2})}});
  ExpectError(ErrorCode::kShape,
              path_.string() +
                  ": unfit bias (int64[2] for float32[2]); need exactly the model's parameters",
              [&] { load_parameters(toy, path_); });
  EXPECT_EQ(ValuesOf(toy), kStart);
}

TEST_F(LoadParameters, LoadWhatFitsWhereNotStrict) {
  const Toy toy;
  save_safetensors(path_, {{"weight", zeros({2, 3})}, {"bias", zeros({2})}, {"gain", zeros({})}});
  const ParameterDifferences differences = load_parameters(toy, path_, {.strict = false});
  EXPECT_EQ(ValuesOf(toy), (std::vector<float>{1, 2, 3, 4, 0, 0}));
  EXPECT_TRUE(differences.missing.empty());
  EXPECT_EQ(differences.unexpected, std::vector<std::string>{"gain"});
  EXPECT_EQ(differences.unfit,
            std::vector<std::string>{"weight (float32[2, 3] for float32[2, 2])"});
}

TEST_F(LoadParameters, ADamagedFileChangesNothing) {
  const Toy toy;
  WriteFileAtomically(path_, "damaged");
  EXPECT_THROW(load_parameters(toy, path_), Error);
  EXPECT_EQ(ValuesOf(toy), kStart);
}

TEST_F(CheckpointTest, RoundTripsEveryField) {
  const Toy toy;
  Checkpoint saved{.parameters = parameters(toy),
                   .optimizer = {{"weight.step", tensor(3)}},
                   .generators = {{"rng", Rng(~0ull, 1ull << 63, 77)}},
                   .run_generators = {{"shuffle", Rng(1, 2, 3)}},
                   .epoch = 4,
                   .step = 1ll << 40,
                   .best = 0.1,
                   .metadata = {{"history", "[1, 2]"}}};
  save_checkpoint(path_, saved);
  const Checkpoint loaded = load_checkpoint(path_);
  ASSERT_EQ(loaded.parameters.size(), 2u);
  EXPECT_EQ(find(loaded.parameters, "weight").to_vector<float>(), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(find(loaded.optimizer, "weight.step").item<int64_t>(), 3);
  ASSERT_EQ(loaded.generators.size(), 1u);
  EXPECT_EQ(loaded.generators[0].name, "rng");
  EXPECT_EQ(loaded.generators[0].rng.seed(), ~0ull);
  EXPECT_EQ(loaded.generators[0].rng.stream(), 1ull << 63);
  EXPECT_EQ(loaded.generators[0].rng.position(), 77u);
  ASSERT_EQ(loaded.run_generators.size(), 1u);
  EXPECT_EQ(loaded.run_generators[0].name, "shuffle");
  EXPECT_EQ(loaded.run_generators[0].rng.position(), 3u);
  EXPECT_EQ(loaded.epoch, 4);
  EXPECT_EQ(loaded.step, 1ll << 40);
  EXPECT_EQ(loaded.best, 0.1);
  EXPECT_EQ(loaded.metadata, saved.metadata);
}

TEST_F(CheckpointTest, AnotherFileIsRefused) {
  save_parameters(Toy(), path_);
  ExpectError(ErrorCode::kFormat,
              path_.string() + ": no 'run.epoch'; need a checkpoint, with 'run.epoch' of int64[]",
              [&] { load_checkpoint(path_); });
  save_checkpoint(path_, {});
  NamedTensors tensors = load_safetensors(path_).tensors;
  tensors.push_back({"extra", ones({1})});
  save_safetensors(path_, tensors);
  ExpectError(ErrorCode::kFormat,
              path_.string() +
                  ": the tensor 'extra'; need names of a checkpoint alone; a file of "
                  "parameters is read by load_parameters",
              [&] { load_checkpoint(path_); });
  tensors.back() = {"rng.dropout", ones({3})};
  save_safetensors(path_, tensors);
  ExpectError(ErrorCode::kFormat,
              path_.string() +
                  ": 'rng.dropout' of float32[3]; need a checkpoint, with "
                  "'rng.dropout' of int64[3]",
              [&] { load_checkpoint(path_); });
}

/// One step towards noise that the model's own generator draws.
void Step(const Toy& toy, Optimizer& optimizer) {
  const Tensors outputs = {reshape(toy.weight, {2, 2}), reshape(toy.bias, {2})};
  const Tensors noise = {randn({2, 2}, toy.rng), randn({2}, toy.rng)};
  optimizer.step(parameters(toy), backward(outputs, {.cotangents = noise}));
}

TEST_F(CheckpointTest, ARunContinuesBitForBit) {
  Toy whole;
  AdamW whole_adamw({.lr = 0.1});
  for (int i = 0; i < 10; ++i) Step(whole, whole_adamw);

  Toy first;
  AdamW first_adamw({.lr = 0.1});
  for (int i = 0; i < 4; ++i) Step(first, first_adamw);
  save_checkpoint(path_, capture(first, first_adamw));

  Toy second;
  AdamW second_adamw({.lr = 0.1});
  Step(second, second_adamw);
  restore(load_checkpoint(path_), second, second_adamw);
  EXPECT_EQ(ValuesOf(second), ValuesOf(first));
  for (int i = 0; i < 6; ++i) Step(second, second_adamw);
  EXPECT_EQ(ValuesOf(second), ValuesOf(whole));
  EXPECT_EQ(second.rng.position(), whole.rng.position());
}

TEST_F(CheckpointTest, WhatDoesNotFitChangesNothing) {
  Toy toy;
  AdamW adamw({.lr = 0.1});
  Step(toy, adamw);
  const Checkpoint whole = capture(clone(toy), adamw);
  const std::vector<float> values = ValuesOf(toy);
  const uint64_t position = toy.rng.position();
  auto refuse = [&](ErrorCode code, const std::string& text, auto damage) {
    Checkpoint damaged = whole;
    damaged.parameters = copy_of(damaged.parameters);
    assign(damaged.parameters[0].value, zeros({2, 2}));
    for (NamedRng& generator : damaged.generators) generator.rng = Rng(1);
    damage(damaged);
    ExpectError(code, text, [&] { restore(damaged, toy, adamw); });
    EXPECT_EQ(ValuesOf(toy), values);
    EXPECT_EQ(toy.rng.position(), position);
    EXPECT_EQ(toy.rng.seed(), 42u);
    EXPECT_EQ(adamw.state().size(), 6u);
  };
  refuse(ErrorCode::kShape, "restore: missing bias; need exactly the model's parameters",
         [](Checkpoint& c) { c.parameters.pop_back(); });
  refuse(ErrorCode::kValue, "load_generators: generators none; need those of the model, 'rng'",
         [](Checkpoint& c) { c.generators.clear(); });
  refuse(ErrorCode::kValue,
         "AdamW.load_state: 'weight.step' missing or below 1; need the number of steps taken",
         [](Checkpoint& c) { c.optimizer.pop_back(); });
}

}  // namespace
}  // namespace prova

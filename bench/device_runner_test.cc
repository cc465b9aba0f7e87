#include "bench/device_runner.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

using Json = nlohmann::json;

/// Turning a matrix, which takes no kernel of an operation.
OpSpec Turner() {
  const auto turn = [](const Tensors& in) { return Contiguous(view::Permute(in[0], {1, 0})); };
  const auto of = [&](const char* name, int64_t size) -> BenchCase {
    return {.name = name,
            .inputs = {{.shape = {size, size}}},
            .run = turn,
            .bytes = 8.0 * static_cast<double>(size * size),
            .flops = 10,
            .torch = size == 8 ? "a.t().contiguous()" : ""};
  };
  return {.name = "turn", .bench = {of("small", 8), of("large", 40)}};
}

struct Outcome {
  int code;
  std::string out, err;
};

Outcome RunProgram(std::vector<std::string> words) {
  words.insert(words.begin(), "bench");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = RunDeviceBenchmarks(Turner(), static_cast<int>(argv.size()), argv.data());
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

std::vector<Json> Lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(DeviceRunnerTest, MeasuresEachCaseBesideACopy) {
  const Outcome outcome = RunProgram({"--seconds", "0.01"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::vector<Json> lines = Lines(outcome.out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["environment"]["device"], "cuda:0");
  const Json& row = lines[1]["row"];
  EXPECT_EQ(row["case"], "turn/small/float32/cuda");
  EXPECT_EQ(lines[2]["row"]["case"], "turn/large/float32/cuda");
  for (const char* positive : {"median_s", "copy_s", "ask_s", "iterations"}) {
    EXPECT_GT(row[positive], 0) << positive;
  }
  const double seconds = row["median_s"];
  EXPECT_DOUBLE_EQ(row["bytes_per_s"], 512 / seconds);
  EXPECT_DOUBLE_EQ(row["flops_per_s"], 10 / seconds);
  EXPECT_DOUBLE_EQ(row["copy_ratio"], row["copy_s"].get<double>() / seconds);
  EXPECT_EQ(row["peak_bytes"], 256);
}

TEST(DeviceRunnerTest, MeasuresWhatIsNamed) {
  EXPECT_EQ(RunProgram({"--list"}).out, "turn/small/float32/cuda\nturn/large/float32/cuda\n");
  const std::vector<Json> lines =
      Lines(RunProgram({"--seconds", "0.01", "turn/large/float32/cuda"}).out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1]["row"]["case"], "turn/large/float32/cuda");
}

TEST(DeviceRunnerTest, DescribesWhatPyTorchCanDo) {
  const std::vector<Json> lines = Lines(RunProgram({"--describe"}).out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], Json::parse(R"json({"case": "turn/small/float32/cuda",
      "torch": "a.t().contiguous()", "inputs": [{"shape": [8, 8], "dtype": "float32",
      "low": -2.0, "high": 2.0, "transposed": false}]})json"));
}

TEST(DeviceRunnerTest, RefusesWhatIsNoGpu) {
  const Outcome cpu = RunProgram({"--device", "cpu"});
  EXPECT_EQ(cpu.code, 1);
  EXPECT_EQ(cpu.err, "bench: device cpu; need a GPU\n");
  EXPECT_EQ(RunProgram({"--device", "gpu"}).code, 2);
  EXPECT_EQ(RunProgram({"--device", "cuda:99"}).code, 1);
  EXPECT_EQ(RunProgram({"--fast"}).code, 2);
}

}  // namespace
}  // namespace prova

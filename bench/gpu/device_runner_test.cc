#include "bench/gpu/device_runner.h"

#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "bench/steps/steps_cases.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {

namespace gpu_bench {
GpuBench cross_entropy();
}

namespace {

using Json = nlohmann::json;

Tensor Turn(const Tensor& x) { return Contiguous(view::Permute(x, {1, 0})); }

/// A peer that is right, one that is wrong and one that fails.
std::vector<Peer> TurningPeers(const PeerWork& work, const GpuLibraries&) {
  const auto peer = [&](const char* way, std::function<Tensor()> turn) -> Peer {
    const Tensor y = work.Output();
    return {.name = "turner", .way = way, .run = [=] { CopyElements(turn(), y); }, .y = y};
  };
  const Tensor x = work.in[0];
  return {peer("right", [=] { return Turn(x); }), peer("wrong", [=] { return x; }),
          peer("failing", []() -> Tensor {
            Fail(ErrorCode::kIo, {.where = "turner", .given = "no day for turning"});
          })};
}

/// Turning a matrix, which takes no kernel of an operation.
DeviceSuite Turner() {
  const auto turn = [](const Tensors& in) { return Turn(in[0]); };
  const auto of = [&](const char* name, int64_t size, bool transposed) -> BenchCase {
    return {.name = name,
            .inputs = {{.shape = {size, size}, .transposed = transposed}},
            .run = turn,
            .bytes = 8.0 * static_cast<double>(size * size),
            .flops = 10,
            .torch = "a.t().contiguous()"};
  };
  return {.name = "turn",
          .cases = {of("small", 8, false), of("large", 40, true)},
          .peers = TurningPeers};
}

struct Outcome {
  int code;
  std::string out, err;
};

Outcome RunProgram(const std::vector<DeviceSuite>& suites, std::vector<std::string> words) {
  words.insert(words.begin(), "bench");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = RunDeviceBenchmarks(suites, static_cast<int>(argv.size()), argv.data());
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

std::vector<Json> Lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(DeviceRunnerTest, MeasuresEachCaseBesideACopy) {
  const Outcome outcome = RunProgram({Turner()}, {"--seconds", "0.01", "--libraries", "/nowhere"});
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

TEST(DeviceRunnerTest, LeavesOutPeersThatDisagreeAloud) {
  const Outcome outcome =
      RunProgram({Turner()}, {"--seconds", "0.01", "turn/small", "--libraries", "/nowhere"});
  const Json row = Lines(outcome.out)[1]["row"];
  EXPECT_GT(row["peers"]["turner"], 0);
  EXPECT_EQ(row["peer_ways"]["turner"], "turner/right");
  EXPECT_EQ(row["best_peer"], "turner");
  EXPECT_GT(row["best_peer_ratio"], 0);
  EXPECT_EQ(row["best_peer_ratio"], row["peer_ratios"]["turner"]);
  const Json& dropped = row["peers_that_disagree"];
  EXPECT_EQ(dropped["turner/failing"], "turner: no day for turning");
  EXPECT_TRUE(dropped["turner/wrong"].get<std::string>().starts_with("it differs by ")) << dropped;
  EXPECT_NE(outcome.err.find("WARNING: turn/small/float32/cuda: turner/wrong is left out"),
            std::string::npos);
}

TEST(DeviceRunnerTest, GoesOnBehindACaseThatFails) {
  DeviceSuite suite = Turner();
  suite.cases[0].run = [](const Tensors&) -> Tensor {
    Fail(ErrorCode::kMemory, {.where = "turn", .given = "no room to turn"});
  };
  const Outcome outcome = RunProgram({suite}, {"--seconds", "0.01"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(outcome.err.starts_with("FAILED: turn/small/float32/cuda: turn: no room to turn\n"))
      << outcome.err;
  EXPECT_EQ(Lines(outcome.out).at(1)["row"]["case"], "turn/large/float32/cuda");
}

TEST(DeviceRunnerTest, SaysWhichLibrariesAreAbsent) {
  const Json libraries =
      Lines(RunProgram({}, {"--libraries", "/nowhere", "--torch-script", "/no/such.py"}).out)
          .at(0)["environment"]["libraries"];
  for (const char* name : {"cublas", "cudnn", "torch"}) {
    // A machine with NVIDIA's libraries has them but no GPU that they would take.
    EXPECT_TRUE(libraries[name].is_null()) << libraries;
    EXPECT_FALSE(libraries[Cat(name, "_problem")].get<std::string>().empty()) << libraries;
  }
}

TEST(DeviceRunnerTest, MeasuresWhatIsNamed) {
  EXPECT_EQ(RunProgram({Turner()}, {"--list"}).out,
            "turn/small/float32/cuda\nturn/large/float32/cuda\n");
  EXPECT_EQ(RunProgram({Turner(), {.name = "steps"}}, {"--suites"}).out, "turn\nsteps\n");
  const auto rows = [](const std::string& name) {
    return Lines(RunProgram({Turner()}, {"--seconds", "0.01", name}).out).size() - 1;
  };
  EXPECT_EQ(rows("turn/large/float32/cuda"), 1u);
  EXPECT_EQ(rows("turn"), 2u);
  EXPECT_EQ(rows("tur"), 0u);
}

TEST(DeviceRunnerTest, RefusesWhatIsNoGpu) {
  const Outcome cpu = RunProgram({Turner()}, {"--device", "cpu"});
  EXPECT_EQ(cpu.code, 1);
  EXPECT_EQ(cpu.err, "bench: device cpu; need a GPU\n");
  EXPECT_EQ(RunProgram({Turner()}, {"--device", "gpu"}).code, 2);
  EXPECT_EQ(RunProgram({Turner()}, {"--device", "cuda:99"}).code, 1);
  EXPECT_EQ(RunProgram({Turner()}, {"--fast"}).code, 2);
}

/// The training step at four images of eight pixels a side, since the harness takes its time.
BenchCase SmallMnistStep() {
  BenchCase step = GpuStepsCases().at(0);
  EXPECT_EQ(step.name, "mnist_cnn");
  step.inputs[0].shape = {4, 1, 8, 8};
  step.inputs[1].shape = {4};
  step.inputs[6].shape = {10, 32 * 2 * 2};
  return step;
}

BenchCase SmallLossGradient() {
  BenchCase backward = gpu_bench::cross_entropy().cases.at(0);
  backward.inputs[1].shape = {4, 7};
  backward.inputs[2].shape = {4};
  backward.inputs[2].high = 7;
  return backward;
}

TEST(DeviceRunnerTest, ComparesWithPyTorchInTurns) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
    GTEST_SKIP() << "PyTorch is not installed";
  }
  const std::string root = Cat(std::getenv("TEST_SRCDIR"), "/", std::getenv("TEST_WORKSPACE"));
  DeviceSuite suite = Turner();
  suite.cases.push_back(SmallMnistStep());
  suite.cases.push_back(SmallLossGradient());
  suite.peers = nullptr;
  // PyTorch has the processor in place of a GPU.
  const Outcome outcome = RunProgram(
      {suite}, {"--seconds", "0.001", "--libraries", "/nowhere", "--python", "/usr/bin/python3",
                "--torch-script", root + "/bench/peers/torch_peer.py", "--torch-device", "cpu"});
  const std::vector<Json> lines = Lines(outcome.out);
  ASSERT_EQ(lines.size(), 5u) << outcome.err;
  EXPECT_TRUE(lines[0]["environment"]["libraries"]["torch"].is_string()) << lines[0];
  for (size_t i = 1; i < lines.size(); ++i) {
    EXPECT_GT(lines[i]["row"]["peers"]["torch"], 0) << outcome.err;
  }
}

}  // namespace
}  // namespace prova

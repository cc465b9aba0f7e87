#include "bench/runner.h"

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "bench/ceilings.h"
#include "tensor/create.h"

namespace prova {
namespace {

using Json = nlohmann::json;

/// y = 2x, without any operation of Prova.
Tensor Twice(const Tensor& x) {
  const Tensor y = empty_like(x);
  for (int64_t i = 0; i < x.numel(); ++i) y.mutable_data<float>()[i] = 2 * x.data<float>()[i];
  return y;
}

Peer Doubling(const std::string& name, const PeerWork& work, float factor) {
  const Tensor x = work.in[0], y = work.Output();
  return {.name = name,
          .run =
              [=] {
                float* out = y.mutable_data<float>();
                for (int64_t i = 0; i < x.numel(); ++i) out[i] = factor * x.data<float>()[i];
              },
          .y = y};
}

std::vector<Peer> Peers(const PeerWork& work) {
  Peer unable = Doubling("openblas", work, 2);
  unable.run = [] { throw std::runtime_error("no such layout"); };
  return {Doubling("std", work, 2), Doubling("eigen", work, 2.001f), Doubling("onednn", work, NAN),
          unable};
}

Suite Doubler() {
  const BenchCase bench = {.name = "x_4096",
                           .inputs = {{.shape = {4096}}},
                           .run = [](const Tensors& in) { return Twice(in[0]); },
                           .bytes = 2 * 4 * 4096,
                           .flops = 4096};
  return {.name = "twice", .cases = {bench}, .peers = Peers};
}

struct Outcome {
  int code;
  std::string text;
  std::vector<Json> lines;
};

/// What the program prints for a command line.
Outcome RunProgram(const Suite& suite, std::vector<std::string> words) {
  setenv("PROVA_BENCH_PREPARED", "1", 1);  // This program must not start itself anew.
  words.insert(words.begin(), "bench");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  testing::internal::CaptureStdout();
  Outcome outcome = {.code =
                         RunBenchmarks(suite, static_cast<int>(words.size()), arguments.data())};
  outcome.text = testing::internal::GetCapturedStdout();
  std::istringstream lines(outcome.text);
  for (std::string line; std::getline(lines, line);) {
    outcome.lines.push_back(Json::parse(line, nullptr, /*allow_exceptions=*/false));
  }
  return outcome;
}

TEST(Runner, RowHasWhatAReaderNeeds) {
  const Outcome outcome = RunProgram(Doubler(), {"--threads", "1", "--seconds", "0.05"});
  ASSERT_EQ(outcome.code, 0);
  ASSERT_EQ(outcome.lines.size(), 2u);
  EXPECT_GT(outcome.lines[0]["environment"]["ceilings"][0]["float32_flops_per_s"], 0);
  const Json row = outcome.lines[1]["row"];
  EXPECT_EQ(row["case"], "twice/x_4096/float32/simd");
  EXPECT_EQ(row["threads"], 1);
  const double median = row["median_s"];
  EXPECT_GT(median, 0);
  EXPECT_LE(row["min_s"], median);
  EXPECT_LE(median, row["p95_s"]);
  EXPECT_NEAR(row["bytes_per_s"].get<double>() * median, 2 * 4 * 4096, 1e-6);
  EXPECT_NEAR(row["flops_per_s"].get<double>() * median, 4096, 1e-6);
  EXPECT_EQ(row["peak_bytes"], 4 * 4096);
  EXPECT_GT(row["ceiling_fraction"], 0);
  EXPECT_EQ(row["best_peer_ratio"], row["peer_ratios"]["std"]);
  EXPECT_LE(row["best_peer_ratio_low"], row["best_peer_ratio"]);
  EXPECT_LE(row["best_peer_ratio"], row["best_peer_ratio_high"]);
}

TEST(Runner, PeersThatDisagreeAreLeftOutAloud) {
  testing::internal::CaptureStderr();
  const Json row = RunProgram(Doubler(), {"--seconds", "0.02"}).lines[1]["row"];
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(row["peers"].contains("std"));
  EXPECT_FALSE(row["peers"].contains("eigen"));
  EXPECT_FALSE(row["peers"].contains("onednn"));
  EXPECT_FALSE(row["peers"].contains("openblas"));
  EXPECT_NE(said.find("eigen is left out: it differs by 0.0004"), std::string::npos) << said;
  EXPECT_NE(said.find("onednn is left out: it differs by nan"), std::string::npos) << said;
  EXPECT_EQ(row["peers_that_disagree"]["openblas"], "no such layout");
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunProgram(Doubler(), {"--smoke"}).code, 1);
  testing::internal::GetCapturedStderr();
}

TEST(Runner, APeerThatWritesNothingIsNotTakenForTheOneBeforeIt) {
  Suite suite = Doubler();
  suite.peers = [](const PeerWork& work) -> std::vector<Peer> {
    Peer idle = Doubling("eigen", work, 2);
    idle.run = [] {};
    return {Doubling("std", work, 2), idle};
  };
  testing::internal::CaptureStderr();
  const Json row = RunProgram(suite, {"--threads=1", "--seconds=0.02"}).lines[1]["row"];
  testing::internal::GetCapturedStderr();
  EXPECT_TRUE(row["peers"].contains("std"));
  EXPECT_FALSE(row["peers"].contains("eigen"));
}

/// Where results are written: Prova's and its peer's, in turns.
const void *prova_place = nullptr, *peer_place = nullptr;

TEST(Runner, PeersWriteWhereProvaDoes) {
  Suite suite = Doubler();
  suite.cases[0].run = [](const Tensors& in) {
    const Tensor y = Twice(in[0]);
    prova_place = y.raw_data();
    return y;
  };
  suite.peers = [](const PeerWork& work) -> std::vector<Peer> {
    Peer peer = Doubling("std", work, 2);
    peer.run = [run = peer.run, y = peer.y] {
      run();
      peer_place = y.raw_data();
    };
    return {peer};
  };
  EXPECT_EQ(RunProgram(suite, {"--threads=1", "--seconds=0.02"}).code, 0);
  EXPECT_EQ(prova_place, peer_place);
}

TEST(Runner, PeersAreThoseThatWereAskedFor) {
  const Json none = RunProgram(Doubler(), {"--peers", "none", "--seconds", "0.02"}).lines[1]["row"];
  EXPECT_TRUE(none["peers"].empty());
  EXPECT_TRUE(none["best_peer_ratio"].is_null());
}

TEST(Runner, WorkWithAStateStartsAnewForEachMeasurement) {
  Suite suite = Doubler();
  int starts = 0;
  suite.cases[0].start = [&starts](const Tensors& in) {
    ++starts;
    return [x = in[0]]() mutable { return x = Twice(x); };
  };
  suite.peers = nullptr;
  EXPECT_EQ(RunProgram(suite, {"--seconds", "0.02", "--threads", "1"}).code, 0);
  EXPECT_EQ(starts, 2);  // one to time and one to compare
}

TEST(Runner, RowsAreSelectedByTheirNames) {
  EXPECT_EQ(RunProgram(Doubler(), {"--list"}).text, "twice/x_4096/float32/simd\n");
  EXPECT_EQ(RunProgram(Doubler(), {"no/such/row"}).lines.size(), 1u);
}

TEST(Runner, SmallCasesFitTheCacheOfACore) {
  Suite suite = Doubler();
  suite.cases.push_back(suite.cases[0]);
  suite.cases[0].bytes = static_cast<double>(OwnCacheBytes());
  suite.cases[1].bytes = suite.cases[0].bytes + 1;
  suite.cases[1].name = "larger";
  const Outcome outcome =
      RunProgram(suite, {"--small", "--threads", "1", "--seconds", "0.05", "--peers", "none"});
  ASSERT_EQ(outcome.lines.size(), 2u);
  EXPECT_EQ(outcome.lines[1]["row"]["case"], "twice/x_4096/float32/simd");
}

TEST(Runner, OneThreadCountIsMeasuredAfterTheOther) {
  const Outcome outcome = RunProgram(Doubler(), {"--threads=1,2", "--seconds=0.02", "--peers=std"});
  ASSERT_EQ(outcome.lines.size(), 3u);
  EXPECT_EQ(outcome.lines[1]["row"]["threads"], 1);
  EXPECT_EQ(outcome.lines[2]["row"]["threads"], 2);
}

TEST(Runner, WrongCommandLineIsRefused) {
  for (const char* words :
       {"--threads=0", "--threads=x", "--peers=mkl", "--seconds=0", "--isa=mmx", "--what"}) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(RunProgram(Doubler(), {words}).code, 2) << words;
    EXPECT_NE(testing::internal::GetCapturedStderr().find("bench: "), std::string::npos);
  }
}

}  // namespace
}  // namespace prova

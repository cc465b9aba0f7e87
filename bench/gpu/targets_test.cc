#include "bench/gpu/targets.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace prova {
namespace {

using Json = nlohmann::ordered_json;

Json Row(const std::string& name, const Json& ratios, double bytes = 1e9, double flops = 1e9) {
  return {{"case", name},   {"median_s", 2.0}, {"copy_ratio", 0.5},    {"ask_s", 4e-6},
          {"bytes", bytes}, {"flops", flops},  {"peer_ratios", ratios}};
}

/// The verdict of the one target that `rows` are about; the others have not been measured.
Json OnlyVerdict(Json rows) {
  Json only;
  for (const Json& verdict : Judge(rows)) {
    if (verdict["measured"] == 0) {
      EXPECT_TRUE(verdict["worst"].is_null());
      continue;
    }
    EXPECT_TRUE(only.is_null()) << verdict << only;
    only = verdict;
  }
  return only;
}

TEST(Targets, HoldMemoryBoundOperationsToACopy) {
  Json rows = {Row("add/same_16777216/float32/cuda", Json::object()),
               Row("add/small/float32/cuda", Json::object(), 1e6),
               Row("exp/busy/float32/cuda", Json::object(), 1e9, 2e10)};
  const Json verdicts = Judge(rows);
  EXPECT_EQ(verdicts[0]["measured"], 1);
  EXPECT_EQ(verdicts[0]["met"], 0);
  EXPECT_EQ(verdicts[0]["worst"], 0.5);
  EXPECT_EQ(verdicts[0]["worst_row"], "add/same_16777216/float32/cuda");
  EXPECT_EQ(rows[0]["targets"].size(), 1u);
  EXPECT_EQ(rows[0]["targets"].begin().value(), 0.5);
  EXPECT_TRUE(rows[1]["targets"].empty());
}

TEST(Targets, AskMoreOfLargeProductsThanOfOthers) {
  const Json cublas = {{"cublas", 0.9}};
  const Json large = OnlyVerdict({Row("matmul/square_8192/bfloat16/cuda", cublas, 4e8, 1e12)});
  EXPECT_EQ(large["need"], 0.95);
  EXPECT_EQ(large["worst"], 0.9);
  EXPECT_EQ(large["met"], 0);
  for (const char* name : {"matmul/odd_4095x4097x4099/bfloat16/cuda",
                           "matmul/square_4096/float32/cuda", "linear/x/bfloat16/cuda"}) {
    const Json other = OnlyVerdict({Row(name, cublas, 4e8, 1e12)});
    EXPECT_EQ(other["need"], 0.8) << name;
    EXPECT_EQ(other["met"], 1) << name;
  }
}

TEST(Targets, NameTheirPeers) {
  const auto need = [](const char* name, const char* peer) {
    const Json verdict = OnlyVerdict({Row(name, {{peer, 1.5}}, 4e8, 1e12)});
    EXPECT_EQ(verdict["worst"], 1.5) << name;
    return verdict["need"].get<double>();
  };
  EXPECT_EQ(need("conv2d/3x3/float32/cuda", "cudnn"), 0.8);
  EXPECT_EQ(need("softmax/rows/float32/cuda", "torch"), 1.2);
  EXPECT_EQ(need("layer_norm/rows/float32/cuda", "torch"), 1.2);
  EXPECT_EQ(need("cross_entropy/rows/float32/cuda", "torch"), 1.2);
  EXPECT_EQ(need("steps/mnist_cnn/float32/cuda", "torch"), 1.5);
  EXPECT_TRUE(OnlyVerdict({Row("conv2d/3x3/float32/cuda", {{"torch", 1.0}}, 4e8, 1e12)}).is_null());
  EXPECT_TRUE(OnlyVerdict({Row("log_softmax/r/float32/cuda", {{"torch", 1.0}}, 1e6)}).is_null());
}

TEST(Targets, LimitWhatAskingCosts) {
  const Json verdict = OnlyVerdict({Row("steps/call_add_4/float32/cuda", Json::object(), 0, 0)});
  EXPECT_DOUBLE_EQ(verdict["worst"], 1.25);
  EXPECT_EQ(verdict["met"], 1);
}

TEST(Targets, MakeATable) {
  Json rows = {Row("softmax/a/float32/cuda", {{"torch", 1.3}}, 1e6),
               Row("softmax/b/float32/cuda", {{"torch", 1.0}}, 1e6)};
  const std::string table = TargetTable(Judge(rows));
  EXPECT_NE(table.find("| softmax, layer_norm and cross_entropy, over PyTorch | 1.20 | 1 of 2 | "
                       "1.00 | softmax/b/float32/cuda |\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("| conv2d, over cuDNN | 0.80 | 0 of 0 | not measured |  |\n"),
            std::string::npos)
      << table;
}

TEST(Collect, PutsTheFilesOfARunTogether) {
  const std::filesystem::path folder = testing::TempDir();
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name) << text;
  };
  write("gpus.txt", "NVIDIA H200, 580.1, 143771 MiB\n");
  write("bundle.json", R"({"commit": "abc"})"
                       "\n");
  write("tests.jsonl", R"({"name": "ops/softmax", "exit_code": 0})"
                       "\n");
  write("bench.jsonl",
        R"({"environment": {"device": "cuda:0"}})"
        "\n" +
            Json{{"row", Row("softmax/a/float32/cuda", {{"torch", 1.3}}, 1e6)}}.dump() +
            "\n"
            R"({"environment": {"device": "cuda:0"}})"
            "\n");
  const Json all = Collect(folder);
  EXPECT_EQ(all["gpus"], "NVIDIA H200, 580.1, 143771 MiB\n");
  EXPECT_EQ(all["bundle"]["commit"], "abc");
  EXPECT_EQ(all["environments"].size(), 1u);
  EXPECT_EQ(all["tests"][0]["name"], "ops/softmax");
  EXPECT_TRUE(all["sanitizer"].empty());
  EXPECT_EQ(all["rows"][0]["targets"].size(), 1u);
  EXPECT_EQ(all["targets"].size(), Targets().size());
}

}  // namespace
}  // namespace prova

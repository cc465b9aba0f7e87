#include "bench/gpu/targets.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace prova {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMiB = 1 << 20;

std::string NameOf(const Json& row) { return row["case"]; }
bool IsOf(const Json& row, const std::string& part) { return NameOf(row).starts_with(part + "/"); }

/// How often a peer's seconds hold Prova's, in the median of the rounds.
Json AgainstPeer(const Json& row, const char* peer) {
  const Json& ratios = row["peer_ratios"];
  return ratios.contains(peer) ? ratios[peer] : Json();
}

bool IsLargeSquare(const Json& row) {
  const std::string name = NameOf(row);
  return name.starts_with("matmul/square_4096/bf") || name.starts_with("matmul/square_8192/bf");
}

/// Fewer operations for each byte than a GPU can do while it moves that byte: H100 and H200 do 14
/// to 20 of float32.
bool IsMemoryBound(const Json& row) {
  const double bytes = row["bytes"], flops = row["flops"];
  return bytes >= 64 * kMiB && flops <= 10 * bytes && !IsOf(row, "steps");
}

}  // namespace

// #region targets
const std::vector<Target>& Targets() {
  static const std::vector<Target> targets = {
      {"memory-bound operations of 64 MiB and more, over a copy", 0.9,
       [](const Json& row) { return IsMemoryBound(row) ? row["copy_ratio"] : Json(); }},
      {"bfloat16 matmul 4096³ and 8192³, over cuBLAS", 0.95,
       [](const Json& row) { return IsLargeSquare(row) ? AgainstPeer(row, "cublas") : Json(); }},
      {"other matmul and linear, over cuBLAS", 0.8,
       [](const Json& row) {
         const bool is_product = IsOf(row, "matmul") || IsOf(row, "linear");
         return is_product && !IsLargeSquare(row) ? AgainstPeer(row, "cublas") : Json();
       }},
      {"conv2d, over cuDNN", 0.8,
       [](const Json& row) { return IsOf(row, "conv2d") ? AgainstPeer(row, "cudnn") : Json(); }},
      {"softmax, layer_norm and cross_entropy, over PyTorch", 1.2,
       [](const Json& row) {
         const bool is_row_wise =
             IsOf(row, "softmax") || IsOf(row, "layer_norm") || IsOf(row, "cross_entropy");
         return is_row_wise ? AgainstPeer(row, "torch") : Json();
       }},
      {"a training step of the MNIST CNN, over PyTorch", 1.5,
       [](const Json& row) {
         return IsOf(row, "steps/mnist_cnn") ? AgainstPeer(row, "torch") : Json();
       }},
      {"asking for an operation in 5 µs", 1,
       [](const Json& row) {
         return IsOf(row, "steps/call_add_4") ? Json(5e-6 / row["ask_s"].get<double>()) : Json();
       }},
  };
  return targets;
}
// #endregion targets

Json Judge(Json& rows) {
  Json verdicts = Json::array();
  for (Json& row : rows) row["targets"] = Json::object();
  for (const Target& target : Targets()) {
    int64_t measured = 0, met = 0;
    Json worst = nullptr, worst_row = nullptr;
    for (Json& row : rows) {
      const Json ratio = target.ratio(row);
      if (ratio.is_null()) continue;
      row["targets"][target.name] = ratio;
      ++measured;
      met += ratio >= target.need;
      if (!worst.is_null() && worst <= ratio) continue;
      worst = ratio;
      worst_row = row["case"];
    }
    verdicts.push_back({{"target", target.name},
                        {"need", target.need},
                        {"measured", measured},
                        {"met", met},
                        {"worst", worst},
                        {"worst_row", worst_row}});
  }
  return verdicts;
}

std::string TargetTable(const Json& verdicts) {
  std::string table =
      "| target | at least | rows that meet it | worst ratio | in |\n|---|---:|---:|---:|---|\n";
  const auto number = [](const Json& value) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.2f", value.get<double>());
    return std::string(text.data());
  };
  for (const Json& verdict : verdicts) {
    const bool known = !verdict["worst"].is_null();
    table += "| " + verdict["target"].get<std::string>() + " | " + number(verdict["need"]) + " | ";
    table += verdict["met"].dump() + " of " + verdict["measured"].dump() + " | ";
    table += known ? number(verdict["worst"]) : "not measured";
    table += " | " + (known ? verdict["worst_row"].get<std::string>() : "") + " |\n";
  }
  return table;
}

namespace {

/// The objects of a file that has one in each line; none of a file that is not there.
Json LinesOf(const std::string& path) {
  Json lines = Json::array();
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

}  // namespace

Json Collect(const std::string& folder) {
  std::ostringstream gpus;
  gpus << std::ifstream(folder + "/gpus.txt").rdbuf();
  Json rows = Json::array(), environments = Json::array();
  for (const Json& line : LinesOf(folder + "/bench.jsonl")) {
    if (line.contains("row")) rows.push_back(line["row"]);
    if (line.contains("environment")) environments.push_back(line["environment"]);
  }
  // Each program that was run tells the same.
  environments.erase(std::unique(environments.begin(), environments.end()), environments.end());
  const Json verdicts = Judge(rows);
  return {{"gpus", gpus.str()},
          {"bundle", LinesOf(folder + "/bundle.json")[0]},
          {"environments", environments},
          {"tests", LinesOf(folder + "/tests.jsonl")},
          {"sanitizer", LinesOf(folder + "/sanitizer.jsonl")},
          {"rows", rows},
          {"targets", verdicts}};
}

}  // namespace prova

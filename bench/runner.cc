#include "bench/runner.h"

#include <algorithm>
#include <cstring>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <thread>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "base/allocator.h"
#include "base/text.h"
#include "bench/ceilings.h"
#include "bench/coprocess.h"
#include "bench/libraries.h"
#include "bench/options.h"
#include "bench/peer_times.h"
#include "bench/plant.h"
#include "bench/rounds.h"
#include "bench/statistics.h"
#include "bench/torch_peer.h"
#include "tensor/create.h"

namespace prova {
namespace {

using Json = nlohmann::ordered_json;

// Beyond these the reference kernel takes about a second, and its rounds all evening.
constexpr double kReferenceFlops = 1e9;
constexpr double kReferenceBytes = 2e8;
constexpr int kReferenceRounds = 5;
// Small cases live in a core's own caches and last a few milliseconds at most: ratios of such
// cases repeat within 2 %, those of cases that share a cache or memory with others within 40 %.
constexpr double kSmallFlops = 3e8;
// A reference kernel that serves as a yardstick is run hundreds of times.
constexpr double kYardstickFlops = 1e7;

std::string CaseName(const Suite& suite, const BenchCase& bench) {
  return Cat(suite.name, "/", bench.name, "/", bench.dtype);
}

std::string RowName(const Suite& suite, const BenchCase& bench, Where column) {
  return Cat(CaseName(suite, bench), "/", ToString(column));
}

bool FitsACore(const BenchCase& bench) {
  return bench.bytes <= static_cast<double>(OwnCacheBytes());
}

bool IsSmall(const BenchCase& bench) { return bench.flops <= kSmallFlops && FitsACore(bench); }

bool HasQuickReference(const BenchCase& bench, const Options& options) {
  if (options.yardsticks) return bench.flops <= kYardstickFlops && FitsACore(bench);
  return bench.flops <= kReferenceFlops && bench.bytes <= kReferenceBytes;
}

/// The inputs of a case, the same in every program that makes them.
Tensors InputsOf(const BenchCase& bench) {
  Rng rng(1);
  return MakeInputs(bench.inputs, bench.dtype, rng);
}

/// One computation of a case, by the kernels of a column.
std::function<Tensor()> WorkOf(const BenchCase& bench, const Tensors& inputs, Where column) {
  std::function<Tensor()> work =
      bench.start ? bench.start(inputs) : [&bench, &inputs] { return bench.run(inputs); };
  if (column == FirstColumn()) return work;
  return [work, column] {
    const ScopedKernels kernels(column);
    return work();
  };
}

/// The same, as the runner times it.
std::function<void()> RunOf(const Suite& suite, const BenchCase& bench, const Tensors& inputs,
                            Where column) {
  return Planted(RowName(suite, bench, column), [work = WorkOf(bench, inputs, column)] {
    benchmark::DoNotOptimize(work().raw_data());
  });
}

/// The memory of a case's results, of its peers' and of Prova's alike: which pages an array lies in
/// changes the time to fill it by some percent. At the end of this object the allocator has the
/// block, keeps it and makes the next tensor of its size of it, Prova's result; peers go on to
/// write to it while no such tensor lives.
class ResultMemory {
 public:
  explicit ResultMemory(const Tensor& like)
      : block_(empty_like(like)),
        output_(std::make_shared<Storage>(ForeignMemory{.data = block_.raw_mutable_data(),
                                                        .bytes = block_.storage()->bytes()}),
                like.dtype(), like.shape()) {}

  /// What peers write to.
  const Tensor& output() const { return output_; }
  /// Fills it with NaN, lest a peer that writes nothing be taken for the one before it.
  void Clear() { std::memset(output_.raw_mutable_data(), 0xFF, output_.storage()->bytes()); }

 private:
  Tensor block_;
  Tensor output_;
};

/// A case with its inputs, and Prova's result, which the peers must meet.
class Table {
 public:
  Table(const Suite& suite, const BenchCase& bench, const Options& options)
      : suite_(suite), bench_(bench), options_(options), inputs_(InputsOf(bench)) {}

  /// Measures Prova and its peers with `threads` threads; a row for each column that is asked for.
  std::vector<Json> Measure(const Ceilings& ceilings, TorchPeer* torch, Coprocess* before);

  /// Computes everything once. Returns whether every peer agreed.
  bool Try(int threads);

 private:
  void AddColumns(int threads);
  void AddPeers();
  void AddTorch(TorchPeer* torch, int threads);
  void AddBefore(Coprocess* before, int threads);
  bool Agrees(const std::string& peer, const Tensor& y);
  void Drop(const std::string& peer, const std::string& why);
  bool IsWanted(const std::string& peer) const;
  Json Row(const Contender& contender, Where column, const Ceilings& ceilings) const;

  const Suite& suite_;
  const BenchCase& bench_;
  const Options& options_;
  const Tensors inputs_;
  Tensor result_;
  int64_t peak_bytes_ = 0;
  std::vector<Where> columns_;  // of the first contenders, in their order
  std::vector<Contender> contenders_;
  Json dropped_ = Json::object();
};

void Table::AddColumns(int threads) {
  for (const auto& [column, dtypes] : suite_.columns) {
    if (!dtypes.contains(ComputeType(bench_.dtype))) continue;
    if (!options_.IsSelected(RowName(suite_, bench_, column))) continue;
    // Reference kernels have one thread, whatever the number allowed.
    const bool reference = column == Where::kReference;
    if (reference && (!HasQuickReference(bench_, options_) || threads != options_.threads.front()))
      continue;
    columns_.push_back(column);
    contenders_.push_back(
        {.name = ToString(column), .run = RunOf(suite_, bench_, inputs_, column)});
    if (reference) contenders_.back().most_rounds = kReferenceRounds;
  }
}

bool Table::IsWanted(const std::string& peer) const {
  const std::vector<std::string>& wanted = options_.peers;
  return wanted.front() == "all" || std::find(wanted.begin(), wanted.end(), peer) != wanted.end();
}

void Table::Drop(const std::string& peer, const std::string& why) {
  std::cerr << "WARNING: " << CaseName(suite_, bench_) << ": " << peer << " is left out: " << why
            << std::endl;
  dropped_[peer] = why;
}

bool Table::Agrees(const std::string& peer, const Tensor& y) {
  const double difference = Disagreement(result_, y);
  if (difference <= bench_.agreement) return true;
  Drop(peer, Cat("it differs by ", difference, " of the largest element from Prova; need at most ",
                 bench_.agreement));
  return false;
}

void Table::AddPeers() {
  if (suite_.peers == nullptr) return;
  ResultMemory memory(result_);
  const PeerWork work = {
      .bench = bench_, .in = inputs_, .result = result_, .memory = memory.output()};
  for (const Peer& peer : suite_.peers(work)) {
    if (!IsWanted(peer.name)) continue;
    const std::string name = peer.way.empty() ? peer.name : Cat(peer.name, "/", peer.way);
    memory.Clear();
    try {
      peer.run();
    } catch (const std::exception& problem) {
      Drop(name, problem.what());
      continue;
    }
    if (!Agrees(name, peer.y)) continue;
    contenders_.push_back({.name = name, .run = peer.run, .group = peer.name});
  }
}

void Table::AddTorch(TorchPeer* torch, int threads) {
  if (torch == nullptr || bench_.torch.empty()) return;
  try {
    if (!Agrees("torch", torch->Prepare(bench_, inputs_, result_, threads))) return;
    contenders_.push_back({.name = "torch",
                           .elsewhere = [torch](int64_t n) { return torch->Time(n); },
                           .group = "torch"});
  } catch (const Error& error) {
    Drop("torch", error.what());
  }
}

void Table::AddBefore(Coprocess* before, int threads) {
  if (before == nullptr) return;
  const std::string row = RowName(suite_, bench_, columns_.front());
  try {
    before->Ask({{"do", "prepare"}, {"case", row}, {"threads", threads}});
  } catch (const Error& error) {
    Drop("before", error.what());
    return;
  }
  contenders_.push_back(
      {.name = "before", .elsewhere = [before](int64_t iterations) -> double {
         return before->Ask({{"do", "time"}, {"iterations", iterations}})["seconds"];
       }});
}

std::vector<Json> Table::Measure(const Ceilings& ceilings, TorchPeer* torch, Coprocess* before) {
  const int threads = ceilings.threads;
  SetAllThreads(threads);
  columns_.clear();
  contenders_.clear();
  dropped_.clear();
  AddColumns(threads);
  if (columns_.empty()) return {};
  const int64_t live = memory_stats().live_bytes;
  ResetPeakMemory();
  result_ = WorkOf(bench_, inputs_, Where::kSimd)();
  peak_bytes_ = memory_stats().peak_bytes - live;

  AddPeers();
  AddTorch(torch, threads);
  AddBefore(before, threads);
  if (options_.yardsticks) {
    contenders_.push_back({.name = "fma", .run = FmaYardstick});
    contenders_.push_back({.name = "copy", .run = CopyYardstick});
    contenders_.push_back({.name = "call", .run = CallYardstick});
    // The reference kernel is a yardstick too, and needs as many samples.
    for (Contender& contender : contenders_) contender.most_rounds = options_.rounds;
  }
  RoundsOptions rounds = {.seconds_each = options_.seconds,
                          .sample_seconds = options_.sample_seconds,
                          .most_rounds = options_.rounds,
                          .rest = threads > 1};
  if (options_.yardsticks) {
    rounds.precision = 0;
    rounds.probe = CallYardstick;
  }
  MeasureInRounds(contenders_, rounds);
  std::vector<Json> rows;
  for (size_t i = 0; i < columns_.size(); ++i) {
    rows.push_back(Row(contenders_[i], columns_[i], ceilings));
  }
  return rows;
}

Json Table::Row(const Contender& contender, Where column, const Ceilings& ceilings) const {
  const Summary time = Summarize(contender.seconds);
  const auto written = static_cast<double>(result_.numel() * ItemSize(result_.dtype()));
  const Bound bound = BoundOf(ceilings, bench_.dtype, bench_.flops, bench_.bytes, written);
  Json row = {{"case", RowName(suite_, bench_, column)},
              {"op", suite_.name},
              {"dtype", ToString(bench_.dtype)},
              {"threads", ceilings.threads},
              {"kernel", ToString(column)},
              {"median_s", time.p50},
              {"p50_s", time.p50},
              {"p95_s", time.p95},
              {"p99_s", time.p99},
              {"mean_s", time.mean},
              {"sd_s", time.sd},
              {"mad_s", time.mad},
              {"min_s", time.min},
              {"max_s", time.max},
              {"median_low_s", time.median_low},
              {"median_high_s", time.median_high},
              {"outliers", time.outliers},
              {"samples", time.count},
              {"iterations", contender.iterations},
              {"bytes_per_s", bench_.bytes / time.p50},
              {"flops_per_s", bench_.flops / time.p50},
              {"peak_bytes", peak_bytes_},
              {"ceiling", bound.name},
              {"ceiling_fraction", bound.seconds / time.p50}};
  row.update(PeerTimes(contenders_, contender));
  row["peers_that_disagree"] = dropped_;
  for (const Contender& other : contenders_) {
    if (other.name != "before" || column != columns_.front()) continue;
    const Summary ratio = RatioInRounds(other, contender);
    row["before"] = {{"median_s", Summarize(other.seconds).p50},
                     {"ratio", ratio.p50},
                     {"ratio_low", ratio.median_low},
                     {"ratio_high", ratio.median_high}};
  }
  if (options_.yardsticks) {
    row["yardsticks"] = row["probes"] = Json::object();
    for (const Contender& other : contenders_) {
      if (other.retired) continue;
      row["yardsticks"][other.name] = other.seconds;
      row["probes"][other.name] = other.probes;
    }
  }
  return row;
}

bool Table::Try(int threads) {
  SetAllThreads(threads);
  result_ = WorkOf(bench_, inputs_, Where::kSimd)();
  AddPeers();
  return dropped_.empty();
}

Json Describe(const Ceilings& ceilings) {
  Json levels = Json::array();
  for (const MemoryLevel& level : ceilings.levels) {
    levels.push_back(
        {{"name", level.name}, {"read_bytes_per_s", level.read}, {"copy_bytes_per_s", level.copy}});
  }
  return {{"threads", ceilings.threads},
          {"float32_flops_per_s", ceilings.flops32},
          {"float64_flops_per_s", ceilings.flops64},
          {"levels", levels}};
}

/// PyTorch, where it is wanted and installed; its absence is said.
std::unique_ptr<TorchPeer> StartTorch(const Options& options, Json& libraries) {
  const auto wanted = [&](const char* name) {
    return std::find(options.peers.begin(), options.peers.end(), name) != options.peers.end();
  };
  if (options.torch_script.empty() || !(wanted("all") || wanted("torch"))) return nullptr;
  try {
    auto torch = std::make_unique<TorchPeer>(options.python, options.torch_script);
    libraries["torch"] = torch->version();
    return torch;
  } catch (const Error& error) {
    libraries["torch"] = nullptr;
    libraries["torch_problem"] = error.what();
    return nullptr;
  }
}

int MeasureAll(const Suite& suite, const Options& options) {
  std::unique_ptr<Coprocess> before;
  if (!options.before.empty()) before = std::make_unique<Coprocess>(options.before);
  Json libraries = LibraryVersions();
  const std::unique_ptr<TorchPeer> torch = StartTorch(options, libraries);
  std::vector<Ceilings> ceilings;
  for (int threads : options.threads) ceilings.push_back(MeasureCeilings(threads));
  Json measured = Json::array();
  for (const Ceilings& each : ceilings) measured.push_back(Describe(each));
  std::cout << Json{{"environment",
                     {{"isa", InstructionSet()}, {"libraries", libraries}, {"ceilings", measured}}}}
            << std::endl;
  for (const BenchCase& bench : suite.cases) {
    const bool selected =
        std::any_of(suite.columns.begin(), suite.columns.end(), [&](const auto& column) {
          return options.IsSelected(RowName(suite, bench, column.first));
        });
    if (!selected || (options.small && !IsSmall(bench))) continue;
    Table table(suite, bench, options);
    for (const Ceilings& each : ceilings) {
      for (const Json& row : table.Measure(each, torch.get(), before.get())) {
        std::cout << Json{{"row", row}} << std::endl;
      }
    }
  }
  return 0;
}

void List(const Suite& suite) {
  for (const BenchCase& bench : suite.cases) {
    for (const auto& [column, dtypes] : suite.columns) {
      if (dtypes.contains(ComputeType(bench.dtype))) {
        std::cout << RowName(suite, bench, column) << '\n';
      }
    }
  }
}

/// Every case once: the smoke test, whose point is that all of it runs and agrees.
int Smoke(const Suite& suite, const Options& options) {
  bool agreed = true;
  for (const BenchCase& bench : suite.cases) {
    std::cout << CaseName(suite, bench) << std::endl;
    agreed &= Table(suite, bench, options).Try(options.threads.front());
  }
  return agreed ? 0 : 1;
}

/// Answers the questions that `AddBefore` asks, for a comparison with another revision.
int Serve(const Suite& suite) {
  Tensors inputs;
  Contender contender;
  const auto prepare = [&](const Json& question) -> Json {
    for (const BenchCase& bench : suite.cases) {
      for (const auto& [column, dtypes] : suite.columns) {
        if (RowName(suite, bench, column) != question["case"]) continue;
        SetAllThreads(question["threads"]);
        inputs = InputsOf(bench);
        contender.run = RunOf(suite, bench, inputs, column);
        contender.run();
        return Json::object();
      }
    }
    return {{"error", "the other revision has no such case"}};
  };
  for (std::string line; std::getline(std::cin, line);) {
    const Json question = Json::parse(line);
    if (question["do"] == "time") {
      std::cout << Json{{"seconds", SampleOf(contender, question["iterations"])}} << std::endl;
    } else {
      std::cout << prepare(question) << std::endl;
    }
  }
  return 0;
}

}  // namespace

int RunBenchmarks(const Suite& suite, int argc, char** argv) {
  PrepareLibraries(argv);
  SetMemoryCacheLimit(std::numeric_limits<int64_t>::max());  // keeps what is lent to peers
  try {
    const std::optional<Options> options = ParseOptions(argc, argv);
    if (!options) return 0;
    if (!options->isa.empty()) LimitInstructionSet(options->isa);
    if (options->list) return List(suite), 0;
    if (options->smoke) return Smoke(suite, *options);
    if (options->serve) return Serve(suite);
    return MeasureAll(suite, *options);
  } catch (const Error& error) {
    std::cerr << error.what() << std::endl;
    return error.code() == ErrorCode::kValue ? 2 : 1;
  }
}

int RunBenchmarks(OpSpec (*make)(), MakePeers peers, int argc, char** argv) {
  OpSpec spec = make();
  spec.columns.erase(Where::kCuda);  // Inputs and peers live in the processor's memory.
  return RunBenchmarks(
      {.name = spec.name, .cases = spec.bench, .columns = spec.columns, .peers = peers}, argc,
      argv);
}

}  // namespace prova

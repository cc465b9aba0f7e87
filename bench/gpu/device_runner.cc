#include "bench/gpu/device_runner.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "bench/gpu/device_copy.h"
#include "bench/peer_times.h"
#include "bench/rounds.h"
#include "bench/statistics.h"
#include "bench/torch_peer.h"
#include "cuda/allocator.h"
#include "cuda/runtime.h"
#include "gradcheck/spec.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct DeviceOptions {
  std::vector<std::string> rows;
  std::string device = "cuda";
  double seconds = 0.5;
  bool list = false;
  bool suites = false;
  std::vector<std::string> libraries;
  std::string python = "python3";
  std::string torch_script;
  std::string torch_device = "cuda";

  /// Whether a row is named, whole or by its first parts: "softmax", "softmax/rows_4096x1024".
  bool IsSelected(const std::string& row) const {
    return rows.empty() || std::any_of(rows.begin(), rows.end(), [&](const std::string& name) {
             return row == name || row.starts_with(name + "/");
           });
  }
};

std::optional<DeviceOptions> ParseDeviceOptions(int argc, char** argv) {
  DeviceOptions options;
  CLI::App app("Measures benchmark cases on a GPU, beside other libraries.");
  app.add_option("rows", options.rows,
                 "names of rows, as --list prints them, or their first parts; none means all");
  app.add_option("--device", options.device, "cuda, cuda:1, …");
  app.add_option("--seconds", options.seconds, "to spend on each contender")
      ->check(CLI::PositiveNumber);
  app.add_flag("--list", options.list, "prints the names of the rows");
  app.add_flag("--suites", options.suites, "prints the first parts of these names");
  app.add_option("--libraries", options.libraries,
                 "a folder that may have cuBLAS or cuDNN; the system's are found without");
  app.add_option("--python", options.python, "an interpreter that may have PyTorch");
  app.add_option("--torch-script", options.torch_script, "bench/peers/torch_peer.py");
  app.add_option("--torch-device", options.torch_device, "what PyTorch calls the device");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return {};
  } catch (const CLI::ParseError& error) {
    Fail(ErrorCode::kValue, {.where = "bench", .given = error.what(), .hint = "see --help"});
  }
  return options;
}

std::string RowName(const DeviceSuite& suite, const BenchCase& bench) {
  return Cat(suite.name, "/", bench.name, "/", bench.dtype, "/cuda");
}

/// What takes part beside Prova, as far as the machine has it.
struct Guests {
  std::unique_ptr<Cublas> cublas;
  std::unique_ptr<Cudnn> cudnn;
  std::unique_ptr<TorchPeer> torch;
};

/// Makes a guest; its version, or why it is absent, goes into `libraries`.
template <typename Guest, typename... Arguments>
void Invite(const char* name, Json& libraries, std::unique_ptr<Guest>& guest,
            const Arguments&... arguments) {
  try {
    guest = std::make_unique<Guest>(arguments...);
    libraries[name] = guest->version();
  } catch (const Error& error) {
    libraries[name] = nullptr;
    libraries[Cat(name, "_problem")] = error.what();
  }
}

/// A contender whose runs a device times.
Contender OnDevice(const std::string& name, int device, std::function<void()> work,
                   const std::string& group = {}) {
  return {.name = name,
          .elsewhere =
              [=](int64_t iterations) {
                work();
                cuda::Event start(device), end(device);
                start.Record();
                for (int64_t i = 0; i < iterations; ++i) work();
                end.Record();
                return start.SecondsTo(end) / static_cast<double>(iterations);
              },
          .group = group};
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds in which the processor asks for the work, without waiting for it: of some askings that
/// fit the device's queue, the quickest.
double SecondsToAsk(const std::function<Tensor()>& work, int device) {
  constexpr int kAskings = 16, kRepeats = 50;
  constexpr double kEnough = 0.1;
  double least = std::numeric_limits<double>::infinity();
  const Clock::time_point begin = Clock::now();
  for (int repeat = 0; repeat < kRepeats && SecondsSince(begin) < kEnough; ++repeat) {
    cuda::synchronize(device);
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < kAskings; ++i) work();
    least = std::min(least, SecondsSince(start));
  }
  cuda::synchronize(device);
  return least / kAskings;
}

/// A copy in the processor's memory, with the last two axes in the order in which they lie.
Tensor OnProcessor(const Tensor& x) {
  const int rank = x.rank();
  if (rank < 2 || x.strides()[rank - 1] == 1 || x.strides()[rank - 2] != 1) return To(x, kCpu);
  Dims order;
  for (int axis = 0; axis < rank - 2; ++axis) order.push_back(axis);
  order.push_back(rank - 1);
  order.push_back(rank - 2);
  return view::Permute(To(view::Permute(x, order), kCpu), order);
}

/// A case with its inputs, and Prova's result, which its peers must meet.
class DeviceTable {
 public:
  DeviceTable(const DeviceSuite& suite, const BenchCase& bench, int device)
      : name_(RowName(suite, bench)), bench_(bench), device_(device) {
    Rng rng(1);
    inputs_ = MakeInputs(bench.inputs, bench.dtype, rng);
    work_ = bench.start ? bench.start(inputs_) : [this] { return bench_.run(inputs_); };
    const int64_t live = cuda::memory_stats(device).live_bytes;
    cuda::ResetPeakMemory(device);
    result_ = work_();
    peak_bytes_ = cuda::memory_stats(device).peak_bytes - live;
    contenders_.push_back(OnDevice("cuda", device, work_));
  }

  void AddCopy();
  void AddPeers(MakeGpuPeers make, const Guests& guests);
  void AddTorch(TorchPeer& torch);
  Json Measure(double seconds);

 private:
  bool Agrees(const std::string& peer, const Tensor& y);
  void Drop(const std::string& peer, const std::string& why);

  const std::string name_;
  const BenchCase& bench_;
  const int device_;
  Tensors inputs_;
  std::function<Tensor()> work_;
  Tensor result_;
  int64_t peak_bytes_ = 0;
  std::vector<Contender> contenders_;  // Prova first, then the copy
  Json dropped_ = Json::object();
};

void DeviceTable::AddCopy() {
  // Half of the bytes are read, half are written.
  const auto half = std::max<int64_t>(static_cast<int64_t>(bench_.bytes / 2), 1);
  const Tensor from = zeros({half}, {.dtype = DType::kUInt8}), to = empty_like(from);
  contenders_.push_back(OnDevice("copy", device_, [=] {
    CopyWithinDevice(to.raw_mutable_data(), from.raw_data(), static_cast<size_t>(half));
  }));
}

void DeviceTable::Drop(const std::string& peer, const std::string& why) {
  std::cerr << "WARNING: " << name_ << ": " << peer << " is left out: " << why << std::endl;
  dropped_[peer] = why;
}

bool DeviceTable::Agrees(const std::string& peer, const Tensor& y) {
  const double difference = Disagreement(result_, y);
  if (difference <= bench_.agreement) return true;
  Drop(peer, Cat("it differs by ", difference, " of the largest element from Prova; need at most ",
                 bench_.agreement));
  return false;
}

void DeviceTable::AddPeers(MakeGpuPeers make, const Guests& guests) {
  if (make == nullptr) return;
  std::vector<Peer> peers;
  try {
    peers = make({.bench = bench_, .in = inputs_, .result = result_},
                 {.cublas = guests.cublas.get(), .cudnn = guests.cudnn.get()});
  } catch (const Error& problem) {
    Drop("peers", problem.what());
  }
  for (const Peer& peer : peers) {
    const std::string name = peer.way.empty() ? peer.name : Cat(peer.name, "/", peer.way);
    try {
      peer.run();
      if (!Agrees(name, peer.y)) continue;
    } catch (const Error& problem) {
      Drop(name, problem.what());
      continue;
    }
    contenders_.push_back(OnDevice(name, device_, peer.run, peer.name));
  }
}

void DeviceTable::AddTorch(TorchPeer& torch) {
  if (bench_.torch.empty()) return;
  try {
    Tensors inputs;
    for (const Tensor& x : inputs_) inputs.push_back(OnProcessor(x));
    const Tensor like = To(result_, kCpu);
    const ScopedDevice processor(kCpu);
    if (!Agrees("torch", torch.Prepare(bench_, inputs, like, 1))) return;
    contenders_.push_back({.name = "torch",
                           .elsewhere = [&torch](int64_t n) { return torch.Time(n); },
                           .group = "torch"});
  } catch (const Error& problem) {
    Drop("torch", problem.what());
  }
}

Json DeviceTable::Measure(double seconds) {
  MeasureInRounds(contenders_, {.seconds_each = seconds});
  const Summary time = Summarize(contenders_[0].seconds), copy = Summarize(contenders_[1].seconds);
  Json row = {{"case", name_},
              {"op", name_.substr(0, name_.find('/'))},
              {"dtype", ToString(bench_.dtype)},
              {"kernel", "cuda"},
              {"median_s", time.p50},
              {"p95_s", time.p95},
              {"p99_s", time.p99},
              {"sd_s", time.sd},
              {"min_s", time.min},
              {"median_low_s", time.median_low},
              {"median_high_s", time.median_high},
              {"samples", time.count},
              {"iterations", contenders_[0].iterations},
              {"bytes", bench_.bytes},
              {"flops", bench_.flops},
              {"bytes_per_s", bench_.bytes / time.p50},
              {"flops_per_s", bench_.flops / time.p50},
              {"peak_bytes", peak_bytes_},
              {"copy_s", copy.p50},
              {"copy_bytes_per_s", bench_.bytes / copy.p50},
              {"copy_ratio", copy.p50 / time.p50},
              {"ask_s", SecondsToAsk(work_, device_)}};
  row.update(PeerTimes(contenders_, contenders_[0]));
  row["peers_that_disagree"] = dropped_;
  return row;
}

int MeasureAll(const std::vector<DeviceSuite>& suites, const DeviceOptions& options) {
  const Device device = ParseDevice(options.device);
  if (device == kCpu) {
    Fail(ErrorCode::kDevice, {.where = "bench", .given = "device cpu", .need = "a GPU"});
  }
  CheckDevice(device, "bench");
  const ScopedDevice there(device);
  cuda::synchronize(device.index);  // this thread's device, as libraries will find it
  Json libraries = Json::object();
  Guests guests;
  Invite("cublas", libraries, guests.cublas, options.libraries);
  Invite("cudnn", libraries, guests.cudnn, options.libraries);
  if (!options.torch_script.empty()) {
    Invite("torch", libraries, guests.torch, options.python, options.torch_script,
           options.torch_device);
  }
  std::cout << Json{{"environment", {{"device", ToString(device)}, {"libraries", libraries}}}}
            << std::endl;
  int failures = 0;
  for (const DeviceSuite& suite : suites) {
    for (const BenchCase& bench : suite.cases) {
      if (!options.IsSelected(RowName(suite, bench))) continue;
      try {
        DeviceTable table(suite, bench, device.index);
        table.AddCopy();
        table.AddPeers(suite.peers, guests);
        if (guests.torch) table.AddTorch(*guests.torch);
        std::cout << Json{{"row", table.Measure(options.seconds)}} << std::endl;
      } catch (const Error& problem) {
        std::cerr << "FAILED: " << RowName(suite, bench) << ": " << problem.what() << std::endl;
        ++failures;
      }
    }
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace

DeviceSuite SuiteOf(const OpSpec& spec, const GpuBench& bench) {
  return {.name = spec.name, .cases = Joined({spec.bench, bench.cases}), .peers = bench.peers};
}

int RunDeviceBenchmarks(const std::vector<DeviceSuite>& suites, int argc, char** argv) {
  try {
    const std::optional<DeviceOptions> options = ParseDeviceOptions(argc, argv);
    if (!options) return 0;
    if (!options->list && !options->suites) return MeasureAll(suites, *options);
    for (const DeviceSuite& suite : suites) {
      if (options->suites) std::cout << suite.name << '\n';
      for (const BenchCase& bench : suite.cases) {
        if (options->list) std::cout << RowName(suite, bench) << '\n';
      }
    }
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << std::endl;
    return error.code() == ErrorCode::kValue ? 2 : 1;
  }
}

}  // namespace prova

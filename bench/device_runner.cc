#include "bench/device_runner.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <limits>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "bench/rounds.h"
#include "bench/statistics.h"
#include "cuda/allocator.h"
#include "cuda/runtime.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct DeviceOptions {
  std::vector<std::string> cases;
  std::string device = "cuda";
  double seconds = 0.5;
  bool list = false;
  bool describe = false;
};

std::optional<DeviceOptions> ParseDeviceOptions(int argc, char** argv) {
  DeviceOptions options;
  CLI::App app("Measures the cases of one operation on a GPU.");
  app.add_option("cases", options.cases, "names of rows, as --list prints them; none means all");
  app.add_option("--device", options.device, "cuda, cuda:1, …");
  app.add_option("--seconds", options.seconds, "to spend on each contender")
      ->check(CLI::PositiveNumber);
  app.add_flag("--list", options.list, "prints the names of the rows");
  app.add_flag("--describe", options.describe,
               "prints what PyTorch needs to do the same: a line of JSON for each case");
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

std::string RowName(const OpSpec& spec, const BenchCase& bench) {
  return Cat(spec.name, "/", bench.name, "/", bench.dtype, "/cuda");
}

/// A contender whose runs a device times.
Contender OnDevice(const std::string& name, int device, std::function<Tensor()> work) {
  return {.name = name, .elsewhere = [=](int64_t iterations) {
            work();
            cuda::Event start(device), end(device);
            start.Record();
            for (int64_t i = 0; i < iterations; ++i) work();
            end.Record();
            return start.SecondsTo(end) / static_cast<double>(iterations);
          }};
}

/// Seconds in which the processor asks for the work, without waiting for it: of many askings that
/// fit the device's queue, the quickest.
double SecondsToAsk(const std::function<Tensor()>& work, int device) {
  constexpr int kAskings = 64, kRepeats = 20;
  double least = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    cuda::synchronize(device);
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < kAskings; ++i) work();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least / kAskings;
}

Json Measure(const OpSpec& spec, const BenchCase& bench, const Device& device, double seconds) {
  const ScopedDevice there(device);
  Rng rng(1);
  const Tensors inputs = MakeInputs(bench.inputs, bench.dtype, rng);
  const std::function<Tensor()> work =
      bench.start ? bench.start(inputs) : [&] { return bench.run(inputs); };
  const int64_t live = cuda::memory_stats(device.index).live_bytes;
  cuda::ResetPeakMemory(device.index);
  work();
  const int64_t peak = cuda::memory_stats(device.index).peak_bytes - live;

  // Half of the bytes are read, half are written.
  const Tensor bytes = zeros({std::max<int64_t>(static_cast<int64_t>(bench.bytes / 2), 1)},
                             {.dtype = DType::kUInt8});
  std::vector<Contender> contenders = {OnDevice("cuda", device.index, work),
                                       OnDevice("copy", device.index, [&] { return Copy(bytes); })};
  MeasureInRounds(contenders, {.seconds_each = seconds});
  const Summary time = Summarize(contenders[0].seconds), copy = Summarize(contenders[1].seconds);
  return {{"case", RowName(spec, bench)},
          {"op", spec.name},
          {"dtype", ToString(bench.dtype)},
          {"kernel", "cuda"},
          {"median_s", time.p50},
          {"p95_s", time.p95},
          {"p99_s", time.p99},
          {"sd_s", time.sd},
          {"min_s", time.min},
          {"median_low_s", time.median_low},
          {"median_high_s", time.median_high},
          {"samples", time.count},
          {"iterations", contenders[0].iterations},
          {"bytes_per_s", bench.bytes / time.p50},
          {"flops_per_s", bench.flops / time.p50},
          {"peak_bytes", peak},
          {"copy_s", copy.p50},
          {"copy_bytes_per_s", bench.bytes / copy.p50},
          {"copy_ratio", copy.p50 / time.p50},
          {"ask_s", SecondsToAsk(work, device.index)}};
}

/// The case as bench/peers/torch_gpu.py reads it.
Json Describe(const OpSpec& spec, const BenchCase& bench) {
  Json inputs = Json::array();
  for (const InputSpec& input : bench.inputs) {
    const bool real = input.kind == InputSpec::Kind::kReal;
    const bool index = input.kind == InputSpec::Kind::kIndex;
    inputs.push_back({{"shape", std::vector<int64_t>(input.shape.begin(), input.shape.end())},
                      {"dtype", real    ? ToString(bench.dtype)
                                : index ? ToString(input.dtype)
                                        : "bool"},
                      {"low", input.low},
                      {"high", input.high},
                      {"transposed", input.transposed}});
  }
  return {{"case", RowName(spec, bench)}, {"torch", bench.torch}, {"inputs", inputs}};
}

int MeasureAll(const OpSpec& spec, const DeviceOptions& options) {
  const Device device = ParseDevice(options.device);
  if (device == kCpu) {
    Fail(ErrorCode::kDevice, {.where = "bench", .given = "device cpu", .need = "a GPU"});
  }
  CheckDevice(device, "bench");
  std::cout << Json{{"environment", {{"device", ToString(device)}}}} << std::endl;
  for (const BenchCase& bench : spec.bench) {
    const std::string name = RowName(spec, bench);
    const auto& wanted = options.cases;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    std::cout << Json{{"row", Measure(spec, bench, device, options.seconds)}} << std::endl;
  }
  return 0;
}

}  // namespace

int RunDeviceBenchmarks(const OpSpec& spec, int argc, char** argv) {
  try {
    const std::optional<DeviceOptions> options = ParseDeviceOptions(argc, argv);
    if (!options) return 0;
    if (!options->list && !options->describe) return MeasureAll(spec, *options);
    for (const BenchCase& bench : spec.bench) {
      if (options->list) std::cout << RowName(spec, bench) << '\n';
      if (options->describe && !bench.torch.empty()) std::cout << Describe(spec, bench) << '\n';
    }
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << std::endl;
    return error.code() == ErrorCode::kValue ? 2 : 1;
  }
}

}  // namespace prova

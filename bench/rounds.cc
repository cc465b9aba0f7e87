#include "bench/rounds.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include <benchmark/benchmark.h>

#include "bench/statistics.h"

namespace prova {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRoundsBeforeRetiring = 3;
constexpr double kRetireBeyond = 1.1;  // times the fastest way: closer ones stay to be told apart
constexpr double kWarmUpSeconds = 2e-4;
constexpr int64_t kMostIterations = 1'000'000;
/// Threads of this process are told to sleep soon. Those of another one watch for work as long as
/// OpenMP does by default: PyTorch's took 8 to 16 ms of the processor after each call.
constexpr std::chrono::milliseconds kRest(2), kRestElsewhere(20);

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double TimeOf(const Contender& contender, int64_t iterations) {
  if (contender.elsewhere) return contender.elsewhere(iterations);
  const auto start = Clock::now();
  for (int64_t i = 0; i < iterations; ++i) contender.run();
  return SecondsSince(start) / static_cast<double>(iterations);
}

/// Enough iterations for a sample of the wanted length, from ever longer trials.
int64_t ChooseIterations(const Contender& contender, double sample_seconds) {
  TimeOf(contender, 1);
  int64_t iterations = 1;
  double each = TimeOf(contender, iterations);
  while (each * static_cast<double>(iterations) < sample_seconds / 4 &&
         iterations < kMostIterations) {
    iterations *= 4;
    each = TimeOf(contender, iterations);
  }
  const double wanted = sample_seconds / std::max(each, 1e-9);
  return std::clamp(static_cast<int64_t>(wanted), int64_t{1}, kMostIterations);
}

/// Refills the caches that other contenders used and wakes this one's threads.
void WarmUp(const Contender& contender) {
  const auto start = Clock::now();
  do {
    contender.run();
  } while (SecondsSince(start) < kWarmUpSeconds);
}

}  // namespace

double SampleOf(const Contender& contender, int64_t iterations) {
  WarmUp(contender);
  return TimeOf(contender, iterations);
}

namespace {

/// Hands the samples of Google Benchmark to the contenders.
class Collector : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(std::vector<Contender>& contenders) : contenders_(contenders) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      Contender& contender = contenders_[std::stoul(run.run_name.function_name)];
      contender.seconds.push_back(run.real_accumulated_time / static_cast<double>(run.iterations));
    }
  }

 private:
  std::vector<Contender>& contenders_;
};

/// The seconds of one run of the probe, the better of two, as the first may find cold caches; 0
/// without a probe.
double SecondsOf(const std::function<void()>& probe) {
  if (!probe) return 0;
  const auto start = Clock::now();
  probe();
  const auto middle = Clock::now();
  probe();
  return std::min(std::chrono::duration<double>(middle - start).count(), SecondsSince(middle));
}

void Register(std::vector<Contender>& contenders, const RoundsOptions& options) {
  benchmark::ClearRegisteredBenchmarks();
  for (size_t i = 0; i < contenders.size(); ++i) {
    Contender& contender = contenders[i];
    const bool enough = static_cast<int>(contender.seconds.size()) >= contender.most_rounds;
    if (contender.retired || enough) continue;
    auto* registered = benchmark::RegisterBenchmark(
        std::to_string(i).c_str(), [&contender, &options](benchmark::State& state) {
          if (options.rest) std::this_thread::sleep_for(kRest);
          if (contender.elsewhere) {
            const double seconds = contender.elsewhere(contender.iterations);
            if (options.rest) std::this_thread::sleep_for(kRestElsewhere);
            for (auto _ : state) state.SetIterationTime(seconds);
          } else {
            WarmUp(contender);
            const double before = SecondsOf(options.probe);
            for (auto _ : state) contender.run();
            contender.probes.push_back(std::max(before, SecondsOf(options.probe)));
          }
        });
    if (contender.elsewhere) {
      registered->Iterations(1)->UseManualTime();
    } else {
      registered->Iterations(contender.iterations)->UseRealTime();
    }
  }
}

void RetireSlowWays(std::vector<Contender>& contenders) {
  std::map<std::string, double> best;
  const auto median = [](const Contender& contender) {
    std::vector<double> seconds = contender.seconds;
    std::sort(seconds.begin(), seconds.end());
    return Percentile(seconds, 50);
  };
  for (const Contender& contender : contenders) {
    if (contender.group.empty()) continue;
    const auto [entry, is_new] = best.try_emplace(contender.group, median(contender));
    if (!is_new) entry->second = std::min(entry->second, median(contender));
  }
  for (Contender& contender : contenders) {
    if (contender.group.empty()) continue;
    contender.retired = median(contender) > kRetireBeyond * best[contender.group];
  }
}

bool AllPrecise(const std::vector<Contender>& contenders, double precision) {
  return std::all_of(contenders.begin(), contenders.end(), [&](const Contender& contender) {
    return contender.retired || Summarize(contender.seconds).Uncertainty() < precision;
  });
}

}  // namespace

void MeasureInRounds(std::vector<Contender>& contenders, const RoundsOptions& options) {
  static const bool initialized = [] {
    char program[] = "bench", shuffled[] = "--benchmark_enable_random_interleaving=true";
    char* arguments[] = {program, shuffled, nullptr};
    int count = 2;
    benchmark::Initialize(&count, arguments);
    return true;
  }();
  static_cast<void>(initialized);
  for (Contender& contender : contenders) {
    contender.iterations = ChooseIterations(contender, options.sample_seconds);
  }
  Collector collector(contenders);
  Register(contenders, options);
  const auto start = Clock::now();
  const double budget = options.seconds_each * static_cast<double>(contenders.size());
  const int least_rounds = std::min(options.least_rounds, options.most_rounds);
  int next_look = least_rounds;
  for (int round = 1;; ++round) {
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
    if (round == kRoundsBeforeRetiring) RetireSlowWays(contenders);
    Register(contenders, options);
    if (round < least_rounds) continue;
    if (SecondsSince(start) >= budget || round >= options.most_rounds) break;
    if (round == next_look) {
      if (AllPrecise(contenders, options.precision)) break;
      next_look += std::max(next_look / 2, 1);
    }
  }
  benchmark::ClearRegisteredBenchmarks();
}

Summary RatioInRounds(const Contender& slow, const Contender& fast) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(slow.seconds.size(), fast.seconds.size()); ++i) {
    ratios.push_back(slow.seconds[i] / fast.seconds[i]);
  }
  return Summarize(ratios);
}

}  // namespace prova

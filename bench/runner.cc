#include "bench/runner.h"

#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/text.h"

namespace prova {
namespace {

void Measure(benchmark::State& state, const BenchCase& bench, Where column) {
  const ScopedKernels kernels(column);
  Rng rng(1);
  const Tensors inputs = MakeInputs(bench.inputs, DType::kFloat32, rng);
  for (auto _ : state) benchmark::DoNotOptimize(bench.run(inputs).raw_data());
  using benchmark::Counter;
  state.counters["bytes/s"] = Counter(bench.bytes, Counter::kIsIterationInvariantRate);
  state.counters["flop/s"] = Counter(bench.flops, Counter::kIsIterationInvariantRate);
}

}  // namespace

int RunBenchmarks(OpSpec (*make)(), MakePeers, int argc, char** argv) {
  const OpSpec spec = make();
  std::vector<char*> arguments;
  bool smoke = false;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--smoke") == 0) {
      smoke = true;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  for (const BenchCase& bench : spec.bench) {
    for (const auto& [column, dtypes] : spec.columns) {
      // Reference kernels of the large cases take minutes; a smoke run needs each case once.
      if (smoke && column == Where::kReference) continue;
      auto* registered = benchmark::RegisterBenchmark(
          Cat(spec.name, "/", bench.name, "/float32/", ToString(column)).c_str(),
          [&bench, column = column](benchmark::State& state) { Measure(state, bench, column); });
      registered->UseRealTime();  // Kernels share their work among threads.
      if (smoke) registered->Iterations(1);
    }
  }
  const size_t ran = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return ran > 0 ? 0 : 1;
}

}  // namespace prova

#include <benchmark/benchmark.h>

#include "base/parallel_for.h"
#include "base/philox.h"
#include "ops/matmul/ladder/ladder.h"
#include "tensor/create.h"

namespace prova::ladder {
namespace {

void Measure(benchmark::State& state, MatmulFn run) {
  const int64_t n = state.range(0);
  const ScopedNumThreads threads(static_cast<int>(state.range(1)));
  Rng rng(1);
  const Tensor a = randn({n, n}, rng), b = randn({n, n}, rng), y = empty_like(a);
  for (auto _ : state) {
    run(a.data<float>(), b.data<float>(), y.mutable_data<float>(), n, n, n);
  }
  state.counters["flop/s"] = benchmark::Counter(2.0 * static_cast<double>(n * n * n),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace
}  // namespace prova::ladder

int main(int argc, char** argv) {
  for (const auto& step : prova::ladder::kSteps) {
    benchmark::RegisterBenchmark(step.name, prova::ladder::Measure, step.run)
        ->ArgNames({"n", "threads"})
        ->ArgsProduct({{512, 1024, 2048}, {1, 2}})
        ->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

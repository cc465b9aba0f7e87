#include <benchmark/benchmark.h>

#include "base/philox.h"
#include "ops/softmax/ladder/ladder.h"
#include "tensor/create.h"

namespace prova::ladder {
namespace {

void Measure(benchmark::State& state, SoftmaxFn run) {
  constexpr int64_t kRows = 256, kCols = 1024;
  Rng rng(1);
  const Tensor x = randn({kRows, kCols}, rng), y = empty_like(x);
  for (auto _ : state) run(x.data<float>(), y.mutable_data<float>(), kRows, kCols);
  state.SetItemsProcessed(state.iterations() * kRows * kCols);
}

}  // namespace
}  // namespace prova::ladder

int main(int argc, char** argv) {
  for (const auto& step : prova::ladder::kSteps) {
    benchmark::RegisterBenchmark(step.name, prova::ladder::Measure, step.run)->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

#include <benchmark/benchmark.h>

#include "base/parallel_for.h"
#include "base/philox.h"
#include "ops/conv2d/ladder/ladder.h"
#include "tensor/create.h"

namespace prova::ladder {
namespace {

/// 64 filters of 3 x 3 over 64 channels of 56 x 56: a layer of ResNet.
constexpr Layer kLayer = {.images = 1, .in = 64, .out = 64, .size = 56, .kernel = 3, .padding = 1};

void Measure(benchmark::State& state, Conv2dFn run) {
  const ScopedNumThreads threads(static_cast<int>(state.range(0)));
  Rng rng(1);
  const Tensor x = randn({kLayer.images, kLayer.in, kLayer.size, kLayer.size}, rng);
  const Tensor weight = randn({kLayer.out, kLayer.in, kLayer.kernel, kLayer.kernel}, rng);
  const Tensor y = empty({kLayer.images, kLayer.out, kLayer.out_size(), kLayer.out_size()});
  for (auto _ : state) {
    run(kLayer, x.data<float>(), weight.data<float>(), y.mutable_data<float>());
  }
  state.counters["flop/s"] =
      benchmark::Counter(2.0 * static_cast<double>(y.numel() * kLayer.terms()),
                         benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace
}  // namespace prova::ladder

int main(int argc, char** argv) {
  for (const auto& step : prova::ladder::kSteps) {
    benchmark::RegisterBenchmark(step.name, prova::ladder::Measure, step.run)
        ->ArgName("threads")
        ->Arg(1)
        ->UseRealTime();
  }
  const auto& shipped = prova::ladder::kSteps[std::size(prova::ladder::kSteps) - 1];
  benchmark::RegisterBenchmark(shipped.name, prova::ladder::Measure, shipped.run)
      ->ArgName("threads")
      ->Arg(2)
      ->UseRealTime();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

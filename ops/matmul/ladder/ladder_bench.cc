#include "base/text.h"
#include "bench/runner.h"
#include "ops/matmul/ladder/ladder.h"
#include "tensor/create.h"

int main(int argc, char** argv) {
  using namespace prova;
  Suite suite = {.name = "matmul_ladder"};
  for (const int64_t n : {512, 1024, 2048}) {
    for (const ladder::Step& step : ladder::kSteps) {
      // Without vectors a larger product takes seconds to a minute.
      const bool is_scalar = step.run == ladder::ThreeLoops || step.run == ladder::LoopOrder;
      if (is_scalar && n > 512) continue;
      const auto elements = static_cast<double>(n * n);
      suite.cases.push_back({Cat(step.name, "_", n),
                             {{.shape = {n, n}}, {.shape = {n, n}}},
                             [run = step.run, n](const Tensors& in) {
                               Tensor y = empty({n, n}, {.dtype = DType::kFloat32});
                               run(in[0].data<float>(), in[1].data<float>(),
                                   y.mutable_data<float>(), n, n, n);
                               return y;
                             },
                             3 * elements * 4,
                             2 * elements * static_cast<double>(n)});
    }
  }
  return RunBenchmarks(suite, argc, argv);
}

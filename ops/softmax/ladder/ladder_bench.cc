#include "bench/runner.h"
#include "ops/softmax/ladder/ladder.h"
#include "tensor/create.h"

int main(int argc, char** argv) {
  using namespace prova;
  constexpr int64_t kRows = 256, kCols = 1024;
  constexpr double kElements = kRows * kCols;
  Suite suite = {.name = "softmax_ladder"};
  for (const ladder::Step& step : ladder::kSteps) {
    suite.cases.push_back({step.name,
                           {{.shape = {kRows, kCols}}},
                           [run = step.run](const Tensors& in) {
                             Tensor y = empty({kRows, kCols}, {.dtype = DType::kFloat32});
                             run(in[0].data<float>(), y.mutable_data<float>(), kRows, kCols);
                             return y;
                           },
                           2 * kElements * 4,
                           5 * kElements});
  }
  return RunBenchmarks(suite, argc, argv);
}

#include "base/text.h"
#include "bench/gpu/gpu_bench.h"
#include "ops/cross_entropy/cross_entropy.h"

namespace prova::gpu_bench {
namespace {

/// The gradient of the mean loss. PyTorch's is that of log_softmax and nll_loss, from what their
/// forward passes left behind, which is not counted.
BenchCase Backward(int64_t rows, int64_t cols) {
  const double n = static_cast<double>(rows) * static_cast<double>(cols);
  return {.name = Cat("backward_", rows, "x", cols),
          .inputs = {{.shape = {}, .low = 0.5, .high = 1},
                     {.shape = {rows, cols}},
                     {.shape = {rows},
                      .kind = InputSpec::Kind::kIndex,
                      .low = 0,
                      .high = static_cast<double>(cols)}},
          .run = [](const Tensors& in) { return cross_entropy_backward(in[0], in[1], in[2]); },
          .bytes = 2 * n * 4,
          .flops = 6 * n,
          .torch = "losses.cross_entropy_backward(a, b, c)"};
}

}  // namespace

GpuBench cross_entropy() { return {.cases = {Backward(16384, 1024), Backward(4096, 32000)}}; }

}  // namespace prova::gpu_bench

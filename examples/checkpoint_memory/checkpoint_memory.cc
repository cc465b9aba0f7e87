// What a tape of 32 layers keeps in memory, with and without checkpoints.
#include <iomanip>
#include <iostream>

#include "autograd/functional.h"
#include "base/allocator.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

int layers_run = 0;

struct Cost {
  int64_t kept;  ///< bytes that the tape keeps alive after the forward pass
  int64_t peak;  ///< the most that is alive during the backward pass
  int layers;    ///< run in both passes
  Tensor dx;
};

// #region run
/// 32 layers in groups of `group`; each group is one checkpoint, or none where it is 0.
Cost Run(int group) {
  Rng rng(1);
  const Tensor w = parameter((rand({128, 128}, rng) - 0.5) * 0.25);
  const Tensor x = parameter(rand({256, 128}, rng));
  auto layers = [](int count) {
    return [count](const Tensors& in) {
      Tensor h = in[0];
      for (int i = 0; i < count; ++i, ++layers_run) h = tanh(matmul(h, in[1]));
      return h;
    };
  };
  layers_run = 0;
  const int64_t before = memory_stats().live_bytes;
  Tensor h = x;
  if (group == 0) h = layers(32)({h, w});
  for (int i = 0; group > 0 && i < 32; i += group) h = checkpoint(layers(group), {h, w});
  const Tensor loss = mean(h * h);
  h = Tensor();
  const int64_t kept = memory_stats().live_bytes - before;
  ResetPeakMemory();
  const Tensor dx = backward(loss)[x];
  return {kept, memory_stats().peak_bytes - before, layers_run, dx};
}
// #endregion run

int main() {
  const Cost all = Run(0);
  std::cout << "group      kept      peak  layers run\n";
  bool right = true;
  for (int group : {0, 1, 4, 8, 32}) {
    const Cost cost = Run(group);
    std::cout << std::setw(5) << group << std::setw(6) << cost.kept / 1024 << " KiB" << std::setw(6)
              << cost.peak / 1024 << " KiB" << std::setw(8) << cost.layers << "\n";
    right &= cost.dx.to_vector<float>() == all.dx.to_vector<float>();
  }
  std::cout << (right ? "the same gradient, bit for bit\n" : "different gradients\n");
  return right ? 0 : 1;
}

#include "bench/runner.h"
#include "ops/conv2d/ladder/ladder.h"
#include "tensor/create.h"

int main(int argc, char** argv) {
  using namespace prova;
  // 64 filters of 3 x 3 over 64 channels of 56 x 56: a layer of ResNet.
  constexpr ladder::Layer kLayer = {1, 64, 64, 56, 3, 1};
  const Shape x = {kLayer.images, kLayer.in, kLayer.size, kLayer.size};
  const Shape weight = {kLayer.out, kLayer.in, kLayer.kernel, kLayer.kernel};
  const Shape y = {kLayer.images, kLayer.out, kLayer.out_size(), kLayer.out_size()};
  Suite suite = {.name = "conv2d_ladder"};
  for (const ladder::Step& step : ladder::kSteps) {
    suite.cases.push_back(
        {step.name,
         {{.shape = x}, {.shape = weight}},
         [run = step.run, kLayer, y](const Tensors& in) {
           Tensor result = empty(y, {.dtype = DType::kFloat32});
           run(kLayer, in[0].data<float>(), in[1].data<float>(), result.mutable_data<float>());
           return result;
         },
         4.0 * static_cast<double>(NumElements(x) + NumElements(weight) + NumElements(y)),
         2.0 * static_cast<double>(NumElements(y) * kLayer.terms())});
  }
  return RunBenchmarks(suite, argc, argv);
}

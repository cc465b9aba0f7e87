#include "bench/gpu/gpu_bench.h"
#include "tensor/create.h"

namespace prova::gpu_bench {
namespace {

std::vector<Peer> CudnnPeers(const PeerWork& work, const GpuLibraries& libraries) {
  if (libraries.cudnn == nullptr) return {};
  const Cudnn& cudnn = *libraries.cudnn;
  const auto& told = work.bench.attributes;
  const PoolingWindow window = {
      .kernel = told.at("kernel"), .stride = told.at("stride"), .padding = told.at("padding")};
  const Tensor result = work.Output();
  if (told.at("gradient") == 0) {
    return {{.name = "cudnn", .run = cudnn.MaxPool(window, work.in[0], result), .y = result}};
  }
  // cuDNN finds the places of the maxima by the result of the forward pass, which is not counted.
  const Tensor dy = work.in[0], x = work.in[1], y = empty_like(dy);
  cudnn.MaxPool(window, x, y)();
  return {{.name = "cudnn", .run = cudnn.MaxPoolGradient(window, dy, x, y, result), .y = result}};
}

}  // namespace

GpuBench max_pool2d() { return {.peers = CudnnPeers}; }

}  // namespace prova::gpu_bench

#include "bench/gpu/softmax.h"

namespace prova::gpu_bench {

GpuBench softmax() {
  return {.peers = [](const PeerWork& work, const GpuLibraries& libraries) {
    return CudnnSoftmax(nvidia::CUDNN_SOFTMAX_ACCURATE, work, libraries);
  }};
}

}  // namespace prova::gpu_bench

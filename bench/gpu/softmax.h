#pragma once

#include "bench/gpu/gpu_bench.h"

namespace prova {

/// cuDNN on a case of softmax or log_softmax: x, or dy and y.
inline std::vector<Peer> CudnnSoftmax(int algo, const PeerWork& work,
                                      const GpuLibraries& libraries) {
  if (libraries.cudnn == nullptr) return {};
  const Tensor y = work.Output();
  auto run = work.in.size() == 2 ? libraries.cudnn->SoftmaxGradient(algo, work.in[0], work.in[1], y)
                                 : libraries.cudnn->Softmax(algo, work.in[0], y);
  return {{.name = "cudnn", .run = std::move(run), .y = y}};
}

}  // namespace prova

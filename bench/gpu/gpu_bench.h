#pragma once

#include <vector>

#include "bench/gpu/cublas.h"
#include "bench/gpu/cudnn.h"
#include "bench/peers.h"

namespace prova {

/// What of NVIDIA's libraries the machine has; null where it has not.
struct GpuLibraries {
  const Cublas* cublas = nullptr;
  const Cudnn* cudnn = nullptr;
};

using MakeGpuPeers = std::vector<Peer> (*)(const PeerWork& work, const GpuLibraries& libraries);

/// What an operation's benchmark has on a GPU beside its cases for all kernels: sizes that only a
/// GPU is made for, and other libraries.
///
/// The optional file `ops/NAME/NAME_gpu_bench.cc` of a module defines
///
///     namespace prova::gpu_bench {
///     GpuBench NAME();
///     }
///
/// and `//bench/gpu:gpu_bench` has it.
struct GpuBench {
  std::vector<BenchCase> cases;
  MakeGpuPeers peers = nullptr;
};

}  // namespace prova

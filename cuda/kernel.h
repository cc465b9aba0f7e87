#pragma once

/// What a `_cuda.cu` file includes. The same source is compiled by nvcc for a GPU and by the
/// processor's compiler for the execution harness; what differs between them is here and in
/// `shared.h`.

#include <algorithm>
#include <cstdint>

#include "cuda/runtime.h"
#include "cuda/shared.h"

#ifndef __CUDACC__
#include "cuda/harness/grid.h"
#endif

namespace prova::cuda {

/// How many blocks of how many threads run a kernel, and the bytes of `DynamicShared` a block has.
struct LaunchShape {
  dim3 grid;
  dim3 block;
  size_t shared_bytes = 0;
};

/// Starts kernel(args...) on the device in use; returns at once. Errors: kDevice, naming the
/// operation, for a launch that the device refuses.
template <typename... Parameters, typename... Args>
void Launch(const LaunchShape& shape, void (*kernel)(Parameters...), const Args&... args) {
#ifdef __CUDACC__
  // More than 48 KB are given only to who asks.
  if (shape.shared_bytes > 48 * 1024) {
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                         static_cast<int>(shape.shared_bytes));
  }
  kernel<<<shape.grid, shape.block, shape.shared_bytes>>>(args...);
  CheckLaunch();
#else
  harness::RunGrid(CurrentOperation(), shape.grid, shape.block, shape.shared_bytes,
                   [&] { kernel(args...); });
#endif
}

/// Threads of a block where nothing else decides.
inline constexpr int kBlockThreads = 256;
/// Blocks beyond this find no free multiprocessor: a grid-stride loop does the rest.
inline constexpr int64_t kMostBlocks = 16 * 132;

/// The grid of a loop over n elements, `each` a thread at a time. Few elements take a small block.
inline LaunchShape GridFor(int64_t n, int64_t each = 1) {
  const int64_t threads = std::max<int64_t>((n + each - 1) / each, 1);
  const int64_t block = std::min<int64_t>((threads + 31) / 32 * 32, kBlockThreads);
  const int64_t blocks = std::min((threads + block - 1) / block, kMostBlocks);
  return {dim3(static_cast<unsigned>(blocks)), dim3(static_cast<unsigned>(block))};
}

/// The number of this thread in the grid, and of all threads: `for (i = first; i < n; i += step)`.
__device__ __forceinline__ int64_t FirstInGrid() {
  return int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ int64_t GridStep() { return int64_t{gridDim.x} * blockDim.x; }

}  // namespace prova::cuda

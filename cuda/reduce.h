#pragma once

#include "cuda/kernel.h"

namespace prova::cuda {

/// Reductions over threads. `combine` is associative; the order in which it is applied depends on
/// the number of threads alone, so results repeat bit for bit.

inline constexpr unsigned kAllLanes = 0xFFFFFFFF;

/// The combination of the values of `lanes` neighbours (a power of 2, at most a warp), in each of
/// them. All lanes of the warp call it.
template <int lanes = 32, typename T, typename Combine>
__device__ __forceinline__ T ReduceWarp(T value, Combine combine) {
  static_assert(lanes >= 1 && lanes <= 32 && (lanes & (lanes - 1)) == 0);
  for (int step = lanes / 2; step > 0; step /= 2) {
    value = combine(value, __shfl_xor_sync(kAllLanes, value, step));
  }
  return value;
}

// #region block
/// The combination of all threads' values, in every thread. The block has `threads` of them along
/// x: whole warps, at most 32.
template <int threads, typename T, typename Combine>
__device__ __forceinline__ T ReduceBlock(T value, T identity, Combine combine) {
  constexpr int kWarps = threads / 32;
  static_assert(threads % 32 == 0 && kWarps <= 32);
  value = ReduceWarp(value, combine);
  if constexpr (kWarps == 1) return value;
  __shared__ SharedArray<T, kWarps> memory;
  const auto of_warp = memory.view();
  const int warp = static_cast<int>(threadIdx.x) / warpSize;
  const int lane = static_cast<int>(threadIdx.x) % warpSize;
  __syncthreads();  // a reduction before this one may still be read
  if (lane == 0) of_warp[warp] = value;
  __syncthreads();
  value = lane < kWarps ? static_cast<T>(of_warp[lane]) : identity;
  return ReduceWarp(value, combine);
}
// #endregion block

/// The combination over `threads` neighbours along x, in each of them: a part of a warp, or the
/// whole block.
template <int threads, typename T, typename Combine>
__device__ __forceinline__ T ReduceThreads(T value, T identity, Combine combine) {
  if constexpr (threads <= 32) {
    return ReduceWarp<threads>(value, combine);
  } else {
    return ReduceBlock<threads>(value, identity, combine);
  }
}

}  // namespace prova::cuda

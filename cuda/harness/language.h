#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

/// The words of CUDA C++ that kernels use, for a compiler that does not know them: a kernel is then
/// a plain function that each thread of a launch calls on a fiber of its own (`harness/grid.h`).
/// Source: NVIDIA, CUDA C++ Programming Guide, "C++ Language Extensions".

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static thread_local

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

/// Who runs; set before a thread is resumed.
extern constinit thread_local uint3 threadIdx, blockIdx;
extern constinit thread_local dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace prova::cuda::harness {

/// Meets every other thread of the block.
void SyncBlock(int line);

/// Meets the lanes of `mask`, each of which brings a value; those of all lanes, until they meet
/// again.
const uint64_t* SyncLanes(unsigned mask, uint64_t value, int line);

/// This thread's place in its warp.
int Lane();

/// Ends the launch with an error: `problem` completes "thread … of block …".
[[noreturn]] void Report(const char* problem);

template <typename T>
uint64_t ToBits(T value) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return bits;
}

/// The value that `lane` brought to a meeting of `mask`.
template <typename T>
T FromLane(const uint64_t* values, unsigned mask, int lane) {
  if ((mask >> lane & 1) == 0) Report("asks for a value of a lane that its mask leaves out");
  T value;
  std::memcpy(&value, &values[lane], sizeof(T));
  return value;
}

}  // namespace prova::cuda::harness

inline void __syncthreads(int line = __builtin_LINE()) { prova::cuda::harness::SyncBlock(line); }

inline void __syncwarp(unsigned mask = 0xFFFFFFFF, int line = __builtin_LINE()) {
  prova::cuda::harness::SyncLanes(mask, 0, line);
}

template <typename T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, int line = __builtin_LINE()) {
  namespace harness = prova::cuda::harness;
  const uint64_t* values = harness::SyncLanes(mask, harness::ToBits(value), line);
  const int base = harness::Lane() / width * width;
  return harness::FromLane<T>(values, mask, base + lane % width);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32, int line = __builtin_LINE()) {
  namespace harness = prova::cuda::harness;
  const uint64_t* values = harness::SyncLanes(mask, harness::ToBits(value), line);
  const int mine = harness::Lane(), other = mine ^ flip;
  return harness::FromLane<T>(values, mask, other / width > mine / width ? mine : other);
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   int line = __builtin_LINE()) {
  namespace harness = prova::cuda::harness;
  const uint64_t* values = harness::SyncLanes(mask, harness::ToBits(value), line);
  const int mine = harness::Lane(), other = mine + static_cast<int>(delta);
  return harness::FromLane<T>(values, mask, other / width == mine / width ? other : mine);
}

template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 int line = __builtin_LINE()) {
  namespace harness = prova::cuda::harness;
  const uint64_t* values = harness::SyncLanes(mask, harness::ToBits(value), line);
  const int mine = harness::Lane(), other = mine - static_cast<int>(delta);
  return harness::FromLane<T>(values, mask, other >= mine / width * width ? other : mine);
}

inline unsigned __ballot_sync(unsigned mask, bool vote, int line = __builtin_LINE()) {
  const uint64_t* votes = prova::cuda::harness::SyncLanes(mask, vote, line);
  unsigned result = 0;
  for (int lane = 0; lane < warpSize; ++lane) {
    if (mask >> lane & 1 && votes[lane] != 0) result |= 1u << lane;
  }
  return result;
}

inline bool __any_sync(unsigned mask, bool vote, int line = __builtin_LINE()) {
  return __ballot_sync(mask, vote, line) != 0;
}

inline bool __all_sync(unsigned mask, bool vote, int line = __builtin_LINE()) {
  return __ballot_sync(mask, vote, line) == mask;
}

inline int __popc(unsigned bits) { return std::popcount(bits); }
inline int __ffs(int bits) {
  return bits == 0 ? 0 : std::countr_zero(static_cast<unsigned>(bits)) + 1;
}
inline int __clz(int bits) { return std::countl_zero(static_cast<unsigned>(bits)); }

/// One thread runs at a time, so plain steps are atomic.
template <typename T>
T atomicAdd(T* place, std::type_identity_t<T> value) {
  return std::exchange(*place, *place + value);
}
template <typename T>
T atomicMax(T* place, std::type_identity_t<T> value) {
  return std::exchange(*place, std::max(*place, value));
}
template <typename T>
T atomicMin(T* place, std::type_identity_t<T> value) {
  return std::exchange(*place, std::min(*place, value));
}
template <typename T>
T atomicExch(T* place, std::type_identity_t<T> value) {
  return std::exchange(*place, value);
}
template <typename T>
T atomicCAS(T* place, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return std::exchange(*place, *place == expected ? value : *place);
}
inline void __threadfence() {}

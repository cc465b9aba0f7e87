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
#define __grid_constant__
#define __shared__ static thread_local

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

/// State of the running thread, which nearly every access asks for: at a place that is known once
/// the program starts, for it is linked with the harness and never loads it later.
#define PROVA_AT_KNOWN_PLACE __attribute__((tls_model("initial-exec")))

/// Who runs; set before a thread is resumed.
extern constinit thread_local uint3 threadIdx PROVA_AT_KNOWN_PLACE, blockIdx PROVA_AT_KNOWN_PLACE;
extern constinit thread_local dim3 blockDim PROVA_AT_KNOWN_PLACE, gridDim PROVA_AT_KNOWN_PLACE;
inline constexpr int warpSize = 32;

namespace prova::cuda::harness {

/// Meets every other thread of the block.
void SyncBlock(int line);

/// Meets the other lanes of `mask` at a `__syncwarp`.
void SyncWarp(unsigned mask, int line);

/// What the lanes of a warp function brought.
struct LaneValues {
  const uint64_t* values;  // [32], until this thread's next warp function
  unsigned mask;           // of the lanes that exist and take part
};
/// Meets the other lanes of `mask` at a shuffle or vote.
LaneValues MeetLanes(unsigned mask, uint64_t value, int line);

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

/// Meets the lanes of `mask` at a shuffle among groups of `width` lanes, and returns the value of
/// the lane that `source(mine, width)` names.
template <typename T, typename Source>
T Shuffle(unsigned mask, T value, int width, int line, Source source) {
  if (width < 1 || width > warpSize || !std::has_single_bit(static_cast<unsigned>(width))) {
    Report("shuffles in a width that is no power of two up to 32");
  }
  const LaneValues met = MeetLanes(mask, ToBits(value), line);
  const int lane = source(Lane(), width);
  if ((met.mask >> lane & 1) == 0) Report("asks for the value of a lane that does not take part");
  T result;
  std::memcpy(&result, &met.values[lane], sizeof(T));
  return result;
}

}  // namespace prova::cuda::harness

inline void __syncthreads(int line = __builtin_LINE()) { prova::cuda::harness::SyncBlock(line); }

inline void __syncwarp(unsigned mask = 0xFFFFFFFF, int line = __builtin_LINE()) {
  prova::cuda::harness::SyncWarp(mask, line);
}

template <typename T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, int line = __builtin_LINE()) {
  return prova::cuda::harness::Shuffle(mask, value, width, line, [lane](int mine, int width) {
    return mine / width * width + (lane & (width - 1));
  });
}

/// Lanes see groups before their own, but none after it.
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32, int line = __builtin_LINE()) {
  return prova::cuda::harness::Shuffle(mask, value, width, line, [flip](int mine, int width) {
    const int other = mine ^ (flip & (warpSize - 1));
    return other / width > mine / width ? mine : other;
  });
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   int line = __builtin_LINE()) {
  return prova::cuda::harness::Shuffle(mask, value, width, line, [delta](int mine, int width) {
    return mine % width + delta < static_cast<unsigned>(width) ? mine + static_cast<int>(delta)
                                                               : mine;
  });
}

template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 int line = __builtin_LINE()) {
  return prova::cuda::harness::Shuffle(mask, value, width, line, [delta](int mine, int width) {
    return static_cast<unsigned>(mine % width) >= delta ? mine - static_cast<int>(delta) : mine;
  });
}

inline unsigned __ballot_sync(unsigned mask, bool vote, int line = __builtin_LINE()) {
  const auto met = prova::cuda::harness::MeetLanes(mask, vote, line);
  unsigned result = 0;
  for (int lane = 0; lane < warpSize; ++lane) {
    if (met.mask >> lane & 1 && met.values[lane] != 0) result |= 1u << lane;
  }
  return result;
}

inline bool __any_sync(unsigned mask, bool vote, int line = __builtin_LINE()) {
  return __ballot_sync(mask, vote, line) != 0;
}

inline bool __all_sync(unsigned mask, bool vote, int line = __builtin_LINE()) {
  return __ballot_sync(mask, !vote, line) == 0;
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

#pragma once

#include "ops/common/pointwise_cuda.h"

namespace prova::cuda {

/// n neighbours at once where they are `aligned`, else one by one. Which thread takes which
/// elements is decided by sizes alone, and with it the bits of results: never by where a tensor
/// begins.
template <int n, typename T>
__device__ __forceinline__ Pack<T, n> LoadPack(const T* from, bool aligned) {
  if (aligned) return *reinterpret_cast<const Pack<T, n>*>(from);
  Pack<T, n> pack;
  for (int i = 0; i < n; ++i) pack[i] = from[i];
  return pack;
}

template <int n, typename T>
__device__ __forceinline__ void StorePack(const Pack<T, n>& pack, T* to, bool aligned) {
  if (aligned) {
    *reinterpret_cast<Pack<T, n>*>(to) = pack;
    return;
  }
  for (int i = 0; i < n; ++i) to[i] = pack[i];
}

/// value(0), ..., value(n - 1) as n neighbours, in as many packs as they fill.
template <int n, typename T, typename Value>
__device__ __forceinline__ void StorePacks(T* to, bool aligned, Value value) {
  constexpr int together = n < kTogether<T> ? n : kTogether<T>;
  for (int first = 0; first < n; first += together) {
    Pack<T, together> pack;
    for (int i = 0; i < together; ++i) pack[i] = value(first + i);
    StorePack(pack, to + first, aligned);
  }
}

}  // namespace prova::cuda

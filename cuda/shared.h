#pragma once

/// Shared memory of a block: arrays that a GPU indexes as plain ones, while the harness notes who
/// reads and writes each element.

#include <cstdint>

#ifdef __CUDACC__
#define PROVA_SHARED_MEMBER __device__ __forceinline__
#else
#include <memory>

#include "cuda/harness/shared.h"
#define PROVA_SHARED_MEMBER
#endif

namespace prova::cuda {

/// Neighbours in memory that are loaded and stored together.
template <typename T, int n>
struct alignas(sizeof(T) * n) Pack {
  static_assert(sizeof(T) * n <= 16, "a GPU moves at most 16 bytes at a time");
  T values[n];
  PROVA_SHARED_MEMBER T& operator[](int i) { return values[i]; }
  PROVA_SHARED_MEMBER const T& operator[](int i) const { return values[i]; }
};

/// The n elements from `place` on as one pack, which must lie at a multiple of its size: the
/// harness reports one that does not, as a GPU would.
template <int n, typename T>
PROVA_SHARED_MEMBER const Pack<T, n>& PackAt(const T* place) {
#ifndef __CUDACC__
  if (reinterpret_cast<uintptr_t>(place) % sizeof(Pack<T, n>) != 0) {
    harness::Report("moves a misaligned pack");
  }
#endif
  return *reinterpret_cast<const Pack<T, n>*>(place);
}
template <int n, typename T>
PROVA_SHARED_MEMBER Pack<T, n>& PackAt(T* place) {
  return const_cast<Pack<T, n>&>(PackAt<n>(static_cast<const T*>(place)));
}

/// Elements of shared memory in one or two axes. Read them into values (`const float x =
/// tile(i, j)`), never into `auto`.
template <typename T, int cols>
class SharedView {
 public:
#ifdef __CUDACC__
  __device__ __forceinline__ explicit SharedView(T* values) : values_(values) {}
  __device__ __forceinline__ T& operator[](int i) const { return values_[i]; }
#else
  SharedView(T* values, harness::SharedRecord* records, int size)
      : values_(values), records_(records), size_(size) {}
  harness::SharedElement<T> operator[](int i) const {
    if (i < 0 || i >= size_) harness::Report("indexes shared memory outside of its size");
    return {values_[i], records_[i]};
  }
#endif
  PROVA_SHARED_MEMBER decltype(auto) operator()(int row, int col) const {
#ifndef __CUDACC__
    if (col < 0 || col >= cols)
      harness::Report("indexes a column that shared memory does not have");
#endif
    return (*this)[row * cols + col];
  }

  /// Elements i..i+n-1 at once, where the first lies at a multiple of their size together.
  template <int n>
  PROVA_SHARED_MEMBER Pack<T, n> Load(int i) const {
#ifdef __CUDACC__
    return *reinterpret_cast<const Pack<T, n>*>(&values_[i]);
#else
    Pack<T, n> pack;
    CheckAligned<n>(i);
    for (int k = 0; k < n; ++k) pack[k] = (*this)[i + k];
    return pack;
#endif
  }
  template <int n>
  PROVA_SHARED_MEMBER void Store(int i, const Pack<T, n>& pack) const {
#ifdef __CUDACC__
    *reinterpret_cast<Pack<T, n>*>(&values_[i]) = pack;
#else
    CheckAligned<n>(i);
    for (int k = 0; k < n; ++k) (*this)[i + k] = pack[k];
#endif
  }

 private:
  T* values_;
#ifndef __CUDACC__
  template <int n>
  void CheckAligned(int i) const {
    if (reinterpret_cast<uintptr_t>(values_ + i) % alignof(Pack<T, n>) != 0) {
      harness::Report("moves a misaligned pack of shared memory");
    }
  }
  harness::SharedRecord* records_;
  int size_;
#endif
};

/// `__shared__ SharedArray<float, 16, 17> memory; const auto tile = memory.view();`
template <typename T, int rows, int cols = 1>
struct SharedArray {
  PROVA_SHARED_MEMBER SharedView<T, cols> view() {
#ifdef __CUDACC__
    return SharedView<T, cols>(values);
#else
    if (memory == nullptr) memory = std::make_unique<Memory>();
    return {memory->values, memory->records, rows * cols};
#endif
  }

#ifdef __CUDACC__
  alignas(16) T values[rows * cols];
#else
  /// Made when a kernel asks for it: the arrays of all kernels would fill the stack of a thread,
  /// where thread-local memory lies.
  struct Memory {
    alignas(16) T values[rows * cols];
    harness::SharedRecord records[rows * cols];
  };
  std::unique_ptr<Memory> memory;
#endif
};

/// `size` elements of the block's dynamic shared memory, from byte `begin` on.
template <typename T, int cols = 1>
PROVA_SHARED_MEMBER SharedView<T, cols> DynamicShared(size_t begin, int size) {
#ifdef __CUDACC__
  extern __shared__ __align__(16) char memory[];
  return SharedView<T, cols>(reinterpret_cast<T*>(memory + begin));
#else
  const harness::BlockMemory& block = harness::CurrentBlock();
  if (begin + size * sizeof(T) > block.shared_bytes) {
    harness::Report("asks for more dynamic shared memory than the launch gave it");
  }
  if (begin % alignof(T) != 0) harness::Report("asks for misaligned dynamic shared memory");
  // One record for each element, however many bytes it has.
  return {reinterpret_cast<T*>(block.shared + begin), block.records + begin, size};
#endif
}

}  // namespace prova::cuda

#undef PROVA_SHARED_MEMBER

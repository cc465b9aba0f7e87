#pragma once

#include <vector>

#include "base/error.h"
#include "cuda/kernel.h"

namespace prova::cuda {

/// Elements in memory of the first device, for tests of kernels without tensors.
template <typename T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& values) : size_(values.size()) {
    data_ = static_cast<T*>(LinkedRuntime()->TryAllocate(size_ * sizeof(T)));
    CopyBytes(0, data_, values.data(), size_ * sizeof(T));
  }
  ~DeviceArray() { LinkedRuntime()->Free(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> values(size_);
    CopyBytes(0, values.data(), data_, size_ * sizeof(T));
    return values;
  }

 private:
  T* data_;
  size_t size_;
};

}  // namespace prova::cuda

namespace prova::cuda::harness {

/// What `kernel(number)` returns in each of the block's threads; one block.
template <typename Kernel>
auto OnThreads(unsigned threads, Kernel kernel) {
  std::vector<decltype(kernel(0))> results(threads);
  RunGrid("test", 1, threads, 0, [&] {
    const int number = static_cast<int>(threadIdx.x);
    results[threadIdx.x] = kernel(number);
  });
  return results;
}

/// Runs `body` once in each order of threads, and leaves the first.
template <typename Body>
void InEachOrder(Body body) {
  for (const Order order : {Order::kDescending, Order::kShuffled, Order::kAscending}) {
    SetOrder(order);
    body();
  }
}

}  // namespace prova::cuda::harness

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tensor/device.h"

namespace prova {

/// A block of memory that tensors share. Its version counts writes, so that a tape can tell that
/// a value it saved has been overwritten.
class Storage {
 public:
  /// Uninitialized memory. Errors: kMemory, kDevice.
  Storage(size_t bytes, Device device);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }
  int64_t version() const { return version_; }
  void CountWrite() { ++version_; }

 private:
  void* data_;
  size_t bytes_;
  Device device_;
  std::atomic<int64_t> version_{0};
};

}  // namespace prova

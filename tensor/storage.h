#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tensor/device.h"

namespace prova {

/// Memory that somebody else owns, such as the array of another library, on the processor.
struct ForeignMemory {
  void* data = nullptr;
  size_t bytes = 0;
  bool read_only = false;  ///< tensors over it can be read and never written
  void* owner = nullptr;
  /// Called once with `owner`, by whichever thread lets go of the last tensor; null: nobody waits.
  void (*release)(void* owner) = nullptr;
};

/// A block of memory that tensors share. Its version counts writes, so that a tape can tell that
/// a value it saved has been overwritten.
class Storage {
 public:
  /// Uninitialized memory. Errors: kMemory, kDevice.
  Storage(size_t bytes, Device device);
  explicit Storage(const ForeignMemory& memory);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }
  int64_t version() const { return version_; }
  bool read_only() const { return read_only_; }
  /// Errors: kValue where the memory must not be written.
  void CountWrite() {
    if (read_only_) FailReadOnly();
    // Who writes at once with another races on the values anyway: no locked addition.
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

 private:
  [[noreturn]] static void FailReadOnly();

  void* data_;
  size_t bytes_;
  Device device_;
  bool is_foreign_ = false;
  bool read_only_ = false;
  std::atomic<int64_t> version_{0};
  void* owner_ = nullptr;
  void (*release_)(void* owner) = nullptr;
};

}  // namespace prova

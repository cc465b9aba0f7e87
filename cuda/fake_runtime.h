#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "cuda/runtime.h"

namespace prova::cuda {

/// A driver for tests: it notes what it is asked, and fails when told to.
class FakeRuntime : public Runtime {
 public:
  int DeviceCount() override { return device_count; }
  void Use(int device) override { used = device; }

  void* TryAllocate(size_t bytes) override {
    ++allocations;
    if (bytes > free_bytes) return nullptr;
    free_bytes -= bytes;
    void* memory = reinterpret_cast<void*>(next_address);
    next_address += bytes;
    sizes[memory] = bytes;
    return memory;
  }
  void Free(void* memory) override {
    free_bytes += sizes.at(memory);
    sizes.erase(memory);
  }
  bool IsWorthCaching() const override { return true; }
  size_t FreeBytes() override { return free_bytes; }

  void Copy(void*, const void*, size_t) override {}
  const char* Synchronize() override { return std::exchange(work_error, nullptr); }
  const char* LaunchError() override { return std::exchange(launch_error, nullptr); }

  int ScheduleCount() const override { return 1; }
  const char* UseSchedule(int) override { return "its own"; }

  void* NewEvent() override { return new double; }
  void DeleteEvent(void* event) override { delete static_cast<double*>(event); }
  void Record(void* event) override { *static_cast<double*>(event) = clock; }
  double Seconds(void* from, void* to) override {
    return *static_cast<double*>(to) - *static_cast<double*>(from);
  }

  int device_count = 20;
  int used = -1;
  int allocations = 0;
  size_t free_bytes = size_t{1} << 20;
  uintptr_t next_address = 1 << 20;
  std::map<void*, size_t> sizes;
  const char* work_error = nullptr;
  const char* launch_error = nullptr;
  double clock = 0;
};

/// What `MakeRuntime` gives in a program of which one file includes this.
inline FakeRuntime fake;
Runtime& MakeRuntime();
Runtime& MakeRuntime() { return fake; }

}  // namespace prova::cuda

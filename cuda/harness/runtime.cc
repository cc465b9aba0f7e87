#include "cuda/runtime.h"

#include <chrono>
#include <cstring>
#include <iterator>

#include "cuda/harness/grid.h"
#include "cuda/harness/memory.h"

namespace prova::cuda {
namespace {

using Clock = std::chrono::steady_clock;

/// Each order of threads with one placement of buffers: both must be tried, not every pair.
struct Schedule {
  const char* name;
  harness::Order order;
  harness::Placement placement;
};
constexpr Schedule kSchedules[] = {
    {"threads ascending", harness::Order::kAscending, harness::Placement::kStart},
    {"threads descending", harness::Order::kDescending, harness::Placement::kEnd},
    {"threads shuffled", harness::Order::kShuffled, harness::Placement::kStart},
};

/// The execution harness as a machine with two devices; all work is done when a launch returns.
class HarnessRuntime : public Runtime {
 public:
  int DeviceCount() override { return 2; }
  void Use(int) override {}

  void* TryAllocate(size_t bytes) override { return harness::AllocateBuffer(bytes); }
  void Free(void* memory) override { harness::FreeBuffer(memory); }
  // A buffer used again would not lie between forbidden pages of its own.
  bool IsWorthCaching() const override { return false; }
  size_t FreeBytes() override { return harness::FreeMemory(); }

  void Copy(void* to, const void* from, size_t bytes) override {
    const harness::ScopedAccess access(harness::Access::kCopy);
    std::memcpy(to, from, bytes);
  }
  const char* Synchronize() override { return nullptr; }
  const char* LaunchError() override { return nullptr; }

  int ScheduleCount() const override { return static_cast<int>(std::size(kSchedules)); }
  const char* UseSchedule(int schedule) override {
    const Schedule& chosen = kSchedules[schedule];
    harness::SetOrder(chosen.order);
    harness::SetPlacement(chosen.placement);
    return chosen.name;
  }

  void* NewEvent() override { return new Clock::time_point; }
  void DeleteEvent(void* event) override { delete static_cast<Clock::time_point*>(event); }
  void Record(void* event) override { *static_cast<Clock::time_point*>(event) = Clock::now(); }
  double Seconds(void* from, void* to) override {
    return std::chrono::duration<double>(*static_cast<Clock::time_point*>(to) -
                                         *static_cast<Clock::time_point*>(from))
        .count();
  }
};

}  // namespace

Runtime& MakeRuntime() {
  static auto* runtime = new HarnessRuntime;  // outlives tensors in static storage
  return *runtime;
}

}  // namespace prova::cuda

#include "cuda/runtime.h"

#include <array>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace prova::cuda {

/// Defined where a runtime is linked: `cudart.cc`, `harness/runtime.cc`, or a test's own.
[[gnu::weak]] Runtime& MakeRuntime();

namespace {

/// The last operations launched, to name when the device reports that one of them failed.
class Launches {
 public:
  void Add(const char* op) {
    if (count_ > 0 && ops_[(count_ - 1) % ops_.size()] == op) return;
    ops_[count_++ % ops_.size()] = op;
  }
  void Clear() { count_ = 0; }
  std::string Names() const {
    std::string names;
    const size_t first = count_ > ops_.size() ? count_ - ops_.size() : 0;
    for (size_t i = first; i < count_; ++i) {
      names += Cat(names.empty() ? "" : ", ", ops_[i % ops_.size()]);
    }
    return names.empty() ? "device" : names;
  }

 private:
  std::array<const char*, 8> ops_{};
  size_t count_ = 0;
};

thread_local Launches launches;
thread_local const char* current_operation = "device";

/// The runtime, with `device` as this thread's.
Runtime& Using(int device, const char* where) {
  if (device < 0 || device >= DeviceCount()) {
    Fail(ErrorCode::kDevice, {.where = where,
                              .given = Cat("device cuda:", device),
                              .need = Cat("one of the ", DeviceCount(), " CUDA devices at hand")});
  }
  LinkedRuntime()->Use(device);
  return *LinkedRuntime();
}

[[noreturn]] void FailAsync(const char* problem) {
  const std::string names = launches.Names();
  launches.Clear();
  Fail(ErrorCode::kDevice,
       {.where = names,
        .given = Cat("the GPU reports: ", problem),
        .hint = "the device can no longer be used by this process; find the operation by calling "
                "synchronize() after each"});
}

}  // namespace

Runtime* LinkedRuntime() {
  static Runtime* runtime = MakeRuntime == nullptr ? nullptr : &MakeRuntime();
  return runtime;
}

int DeviceCount() {
  static const int count = LinkedRuntime() == nullptr ? 0 : LinkedRuntime()->DeviceCount();
  return count;
}

void Enter(const char* op, int device) {
  current_operation = op;
  launches.Add(op);
  LinkedRuntime()->Use(device);
}

const char* CurrentOperation() { return current_operation; }

void synchronize(int device) {
  if (const char* problem = Using(device, "synchronize").Synchronize()) FailAsync(problem);
  launches.Clear();
}

void CopyBytes(int device, void* to, const void* from, size_t bytes) {
  Runtime& runtime = Using(device, "copy");
  runtime.Copy(to, from, bytes);
  if (const char* problem = runtime.LaunchError()) FailAsync(problem);
  launches.Clear();
}

void CheckLaunch() {
  const char* problem = LinkedRuntime()->LaunchError();
  if (problem == nullptr) return;
  Fail(ErrorCode::kDevice,
       {.where = current_operation, .given = Cat("the GPU refuses the launch: ", problem)});
}

Event::Event(int device) : device_(device), event_(Using(device, "event").NewEvent()) {}
Event::~Event() { LinkedRuntime()->DeleteEvent(event_); }
void Event::Record() { Using(device_, "event").Record(event_); }
double Event::SecondsTo(const Event& later) const {
  return LinkedRuntime()->Seconds(event_, later.event_);
}

}  // namespace prova::cuda

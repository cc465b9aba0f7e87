#include "cuda/runtime.h"

#include <array>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace prova::cuda {

/// Defined where a runtime is linked: `cudart.cc` or `harness/runtime.cc`.
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
  LinkedRuntime()->Use(device);
  if (const char* problem = LinkedRuntime()->Synchronize()) FailAsync(problem);
  launches.Clear();
}

void CopyBytes(int device, void* to, const void* from, size_t bytes) {
  LinkedRuntime()->Use(device);
  LinkedRuntime()->Copy(to, from, bytes);
  if (const char* problem = LinkedRuntime()->LaunchError()) FailAsync(problem);
}

void CheckLaunch() {
  const char* problem = LinkedRuntime()->LaunchError();
  if (problem == nullptr) return;
  Fail(ErrorCode::kDevice,
       {.where = current_operation, .given = Cat("the GPU refuses the launch: ", problem)});
}

Event::Event(int device) : device_(device) {
  LinkedRuntime()->Use(device);
  event_ = LinkedRuntime()->NewEvent();
}
Event::~Event() { LinkedRuntime()->DeleteEvent(event_); }
void Event::Record() {
  LinkedRuntime()->Use(device_);
  LinkedRuntime()->Record(event_);
}
double Event::SecondsTo(const Event& later) const {
  return LinkedRuntime()->Seconds(event_, later.event_);
}

}  // namespace prova::cuda

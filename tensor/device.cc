#include "tensor/device.h"

#include <charconv>
#include <ostream>

#include "base/error.h"
#include "base/text.h"
#include "cuda/runtime.h"

namespace prova {
namespace {

constinit thread_local Device current_device;

}  // namespace

Device default_device() { return current_device; }

ScopedDevice::ScopedDevice(const Device& device) : before_(current_device) {
  CheckDevice(device, "device");
  current_device = device;
}
ScopedDevice::~ScopedDevice() { current_device = before_; }

Device ParseDevice(const std::string& name) {
  if (name == "cpu") return kCpu;
  if (name == "cuda") return cuda_device();
  const std::string prefix = "cuda:";
  int index = 0;
  const char* end = name.data() + name.size();
  if (name.starts_with(prefix)) {
    const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, index);
    if (error == std::errc() && stop == end && index >= 0) return cuda_device(index);
  }
  Fail(ErrorCode::kValue,
       {.where = "device", .given = Cat("'", name, "'"), .need = "cpu, cuda or cuda:INDEX"});
}

std::string ToString(const Device& device) {
  return device.kind == DeviceKind::kCpu ? "cpu" : Cat("cuda:", device.index);
}

std::ostream& operator<<(std::ostream& out, const Device& device) {
  return out << ToString(device);
}

void CheckDevice(const Device& device, const char* where) {
  if (device == kCpu) return;
  if (device.kind == DeviceKind::kCpu) {
    Fail(ErrorCode::kDevice,
         {.where = where, .given = Cat("device cpu with index ", device.index), .need = "cpu"});
  }
  if (cuda::LinkedRuntime() == nullptr) {
    Fail(ErrorCode::kDevice, {.where = where,
                              .given = Cat("device ", device, " is not part of this build"),
                              .need = "cpu",
                              .hint = "build with --config=cuda for GPUs"});
  }
  const int count = cuda::DeviceCount();
  if (device.index >= 0 && device.index < count) return;
  Fail(ErrorCode::kDevice,
       {.where = where,
        .given = Cat("device ", device, " on a machine with ", count, " CUDA devices"),
        .need = count == 0 ? "cpu" : Cat("cpu or cuda:0..", count - 1),
        .hint = count == 0 ? "install a GPU's driver" : ""});
}

}  // namespace prova

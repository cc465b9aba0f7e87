#include "tensor/device.h"

#include <ostream>

#include "base/error.h"
#include "base/text.h"

namespace prova {

std::string ToString(const Device& device) {
  return device.kind == DeviceKind::kCpu ? "cpu" : Cat("cuda:", device.index);
}

std::ostream& operator<<(std::ostream& out, const Device& device) {
  return out << ToString(device);
}

void CheckDevice(const Device& device, const char* where) {
  if (device == Device{}) return;
  Fail(ErrorCode::kDevice, {.where = where,
                            .given = Cat("device ", device, " is not part of this build"),
                            .need = "cpu"});
}

}  // namespace prova

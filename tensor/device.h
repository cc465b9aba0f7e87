#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace prova {

enum class DeviceKind : uint8_t { kCpu, kCuda };

/// Where a tensor's storage lives.
struct Device {
  DeviceKind kind = DeviceKind::kCpu;
  int index = 0;  ///< which of several devices of this kind

  bool operator==(const Device&) const = default;
};

/// `cpu`, `cuda:0`.
std::string ToString(const Device& device);
std::ostream& operator<<(std::ostream& out, const Device& device);

/// Errors: kDevice unless this build and machine can place tensors on `device`.
void CheckDevice(const Device& device, const char* where);

}  // namespace prova

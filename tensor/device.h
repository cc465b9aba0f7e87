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

inline constexpr Device kCpu;
constexpr Device cuda_device(int index = 0) { return {DeviceKind::kCuda, index}; }

/// Where this thread makes new tensors unless told otherwise: the processor, until a
/// `ScopedDevice` says another.
Device default_device();

/// Makes this thread's new tensors on `device` while it is alive; nests.
class ScopedDevice {
 public:
  /// Errors: kDevice as `CheckDevice`.
  explicit ScopedDevice(const Device& device);
  ~ScopedDevice();
  ScopedDevice(const ScopedDevice&) = delete;
  ScopedDevice& operator=(const ScopedDevice&) = delete;

 private:
  Device before_;
};

/// The device of a name: `cpu`, `cuda` (the first), `cuda:1`. Errors: kValue.
Device ParseDevice(const std::string& name);

/// `cpu`, `cuda:0`.
std::string ToString(const Device& device);
std::ostream& operator<<(std::ostream& out, const Device& device);

/// Errors: kDevice unless this program and machine can place tensors on `device`; says which of the
/// two lacks it.
void CheckDevice(const Device& device, const char* where);

}  // namespace prova

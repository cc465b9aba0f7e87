#include "tensor/storage.h"

#include "base/allocator.h"
#include "cuda/allocator.h"

namespace prova {

Storage::Storage(size_t bytes, Device device) : bytes_(bytes), device_(device) {
  CheckDevice(device, "storage");
  data_ = device.kind == DeviceKind::kCuda ? cuda::Allocate(device.index, bytes) : Allocate(bytes);
}

Storage::~Storage() {
  if (device_.kind == DeviceKind::kCuda) {
    cuda::Deallocate(device_.index, data_, bytes_);
  } else {
    Deallocate(data_, bytes_);
  }
}

}  // namespace prova

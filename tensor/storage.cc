#include "tensor/storage.h"

#include "base/allocator.h"
#include "base/error.h"
#include "cuda/allocator.h"

namespace prova {

Storage::Storage(size_t bytes, Device device) : bytes_(bytes), device_(device) {
  CheckDevice(device, "storage");
  data_ = device.kind == DeviceKind::kCuda ? cuda::Allocate(device.index, bytes) : Allocate(bytes);
}

Storage::Storage(const ForeignMemory& memory)
    : data_(memory.data),
      bytes_(memory.bytes),
      is_foreign_(true),
      read_only_(memory.read_only),
      owner_(memory.owner),
      release_(memory.release) {}

Storage::~Storage() {
  if (is_foreign_) {
    if (release_ != nullptr) release_(owner_);
  } else if (device_.kind == DeviceKind::kCuda) {
    cuda::Deallocate(device_.index, data_, bytes_);
  } else {
    Deallocate(data_, bytes_);
  }
}

void Storage::FailReadOnly() {
  Fail(ErrorCode::kValue, {.where = "tensor",
                           .given = "a write into memory that its owner lent for reading",
                           .need = "memory that may be written",
                           .hint = "copy the tensor first"});
}

}  // namespace prova

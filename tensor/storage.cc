#include "tensor/storage.h"

#include "base/allocator.h"

namespace prova {

Storage::Storage(size_t bytes, Device device) : bytes_(bytes), device_(device) {
  CheckDevice(device, "storage");
  data_ = Allocate(bytes);
}

Storage::~Storage() { Deallocate(data_, bytes_); }

}  // namespace prova

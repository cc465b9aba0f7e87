#pragma once

#include "tensor/create.h"

namespace prova {

/// Runs a kernel whose arguments name a `workspace` of so many bytes on the device of its tensors.
template <typename Kernel, typename Args>
void RunWithWorkspace(int64_t bytes, const Device& device, const Kernel& kernel, Args args) {
  Tensor memory;
  if (bytes > 0) {
    memory = empty({bytes}, {.dtype = DType::kUInt8, .device = device});
    args.workspace = memory.raw_mutable_data();
  }
  kernel(args);
}

}  // namespace prova

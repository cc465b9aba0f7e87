#pragma once

#include <cstddef>

#include "base/allocator.h"

namespace prova::cuda {

/// Device memory for tensors. All work of a device is in one order, so that a freed block may serve
/// the next request at once: what still reads it was launched before what will write it.

/// A block of at least `bytes` bytes on `device`, aligned to 256 bytes; freed blocks of the same
/// size class come first. Errors: kMemory with the bytes requested and free, when neither the cache
/// nor the device has them or the limit is reached; work can go on after that.
void* Allocate(int device, size_t bytes);

/// Takes back a block of `Allocate(device, bytes)`; null is ignored.
void Deallocate(int device, void* block, size_t bytes) noexcept;

MemoryStats memory_stats(int device);
void ResetPeakMemory(int device);

/// The most that tensors and cache may hold of `device` together; 0 (the default) for all there is.
void SetMemoryLimit(int device, int64_t bytes);

/// Gives every cached block back to the driver.
void ReleaseMemoryCache(int device);

}  // namespace prova::cuda

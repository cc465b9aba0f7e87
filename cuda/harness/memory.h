#pragma once

#include <cstddef>
#include <cstdint>

namespace prova::cuda::harness {

/// Device memory of the harness: each buffer lies between pages that nobody may touch, so that an
/// access outside of it is caught where it happens. New memory is filled with 0xFF (NaN).

/// How a buffer lies in its pages. `kEnd`: its last byte is the last before a forbidden page, at
/// the price of a start that is aligned as the size is. `kStart`: it starts at a multiple of 256
/// bytes, as a GPU's memory does, and sentinel bytes fill the rest of the page.
enum class Placement { kEnd, kStart };

/// Where this thread's buffers lie from now on.
void SetPlacement(Placement placement);

/// Null where there is no memory: beyond the limit, or the system has none left.
void* AllocateBuffer(size_t bytes);
void FreeBuffer(void* buffer);

/// How much device memory the harness claims to have, and what of it is free.
size_t TotalMemory();
size_t FreeMemory();
/// For tests of what happens when memory ends.
void SetTotalMemory(size_t bytes);

/// Errors: kDevice where the bytes behind a buffer have changed; `op` is who ran last.
void CheckSentinels(const char* op);

/// While alive, an access to forbidden memory by a kernel ends its launch with an error.
class ScopedFaults {
 public:
  ScopedFaults();
  ~ScopedFaults();
  ScopedFaults(const ScopedFaults&) = delete;
  ScopedFaults& operator=(const ScopedFaults&) = delete;
};

/// Called on the stack of the thread that made the access. Ends its launch.
[[noreturn]] void ReportFault(const char* problem);

}  // namespace prova::cuda::harness

#pragma once

#include <cstddef>
#include <cstdint>

namespace prova::cuda::harness {

/// Device memory of the harness: each buffer lies between pages that nobody may touch, so that an
/// access outside of it is caught where it happens. New memory is filled with 0xFF (NaN). Outside
/// of launches and copies the buffers are closed as well: a processor that follows a pointer to a
/// device's memory, as it could not with a GPU, ends the program with a message.

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

/// Who touches device memory: a forbidden access ends a kernel's launch with an error, and the
/// program otherwise.
enum class Access { kNone, kCopy, kKernel };

/// While alive, this processor thread may touch buffers: each is opened at the first access to it,
/// and all are closed at the end.
class ScopedAccess {
 public:
  explicit ScopedAccess(Access access);
  ~ScopedAccess();
  ScopedAccess(const ScopedAccess&) = delete;
  ScopedAccess& operator=(const ScopedAccess&) = delete;
};

/// Closes the buffers that were touched. Errors: kDevice where bytes around one have changed; `op`
/// is who ran.
void CheckSentinels(const char* op);

/// Called on the stack of the kernel's thread that made the access. Ends its launch.
[[noreturn]] void ReportFault(const char* problem);

}  // namespace prova::cuda::harness

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/function_ref.h"
#include "cuda/harness/language.h"

namespace prova::cuda::harness {

/// Executes kernels on the processor: the blocks of a grid one after another, the threads of a
/// block as fibers that meet at barriers and shuffles. A kernel that is wrong ends with an error
/// that names the thread: a barrier that some threads do not reach, a read of shared memory that
/// nobody wrote, two threads that touch one element without a barrier between them, an access
/// outside of a buffer.

/// The order in which blocks, and the threads of a block, run as far as barriers let them. A result
/// that depends on it is a race.
enum class Order { kAscending, kDescending, kShuffled };

/// How this processor thread executes kernels from now on.
void SetOrder(Order order);
Order CurrentOrder();

/// Calls `kernel` once for each thread of each block. Errors: kDevice for a kernel that is wrong
/// and for a launch that no GPU takes; `op` is who launched it.
void RunGrid(const char* op, dim3 grid, dim3 block, size_t shared_bytes,
             FunctionRef<void()> kernel);

/// When the running thread touches memory: accesses of two threads are ordered by a barrier of the
/// block between them or, within a warp, by a `__syncwarp` of all its lanes.
struct Moment {
  int32_t thread;  ///< its number in the block from 1; 0 where there was none
  uint32_t block_barriers;
  uint32_t warp_barriers;
};
extern constinit thread_local const Moment* running_moment PROVA_AT_KNOWN_PLACE;
inline const Moment& Now() { return *running_moment; }

/// Who touched one element of shared memory last; all zeros before anyone did.
struct SharedRecord {
  uint64_t stamp;  ///< of the block; of another one: never touched
  Moment write;
  Moment reads[2];  ///< the last of two different threads
};

/// The block that runs on this processor thread.
struct BlockMemory {
  uint64_t stamp;         ///< different for every block that ever ran
  char* shared;           ///< its dynamic shared memory
  SharedRecord* records;  ///< one for each byte of it
  size_t shared_bytes;
};
extern constinit thread_local const BlockMemory* running_memory PROVA_AT_KNOWN_PLACE;
inline const BlockMemory& CurrentBlock() { return *running_memory; }

/// How many threads the running block has.
int ThreadsOfBlock();

/// Lets other threads run until `counter` changes; `place` completes "waits at " where none can.
void WaitForChange(const uint32_t& counter, FunctionRef<std::string()> place);

/// Meets the other threads of the warp group at `what`; the last to come does `once` before anyone
/// goes on.
void MeetGroup(const char* what, int line, FunctionRef<void()> once);

/// Whether what happened at `before` is finished for the running thread.
inline bool IsOrdered(const Moment& before, const Moment& now) {
  if (before.thread == now.thread || before.block_barriers != now.block_barriers) return true;
  return (before.thread - 1) / warpSize == (now.thread - 1) / warpSize &&
         before.warp_barriers < now.warp_barriers;
}

}  // namespace prova::cuda::harness

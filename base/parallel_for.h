#pragma once

#include <cstdint>

#include "base/function_ref.h"

namespace prova {

/// Calls `body(begin, end)` for consecutive chunks of `grain` indices that cover [0, n).
///
/// The chunks depend on `n` and `grain` alone, never on the number of threads, so a kernel that
/// writes each chunk's result to its own place gives the same bits for any thread count. Calls
/// from inside a body run on the calling thread. The first exception of a body is rethrown and
/// chunks not yet started are left out. A `grain` below 1 counts as 1.
void ParallelFor(int64_t n, int64_t grain, FunctionRef<void(int64_t begin, int64_t end)> body);

/// How many chunks of `grain` cover [0, n). Most calls are of one: a division would take as long as
/// they do.
inline int64_t CountChunks(int64_t n, int64_t grain) {
  return n <= grain ? (n > 0) : (n - 1) / grain + 1;
}

/// What makes a chunk worth a thread, decided here for all kernels: some microseconds of work,
/// beside which the one microsecond of handing it over is small, yet little enough to share out
/// evenly.
inline constexpr int64_t kElementGrain = 32768;             ///< elements read or written
inline constexpr int64_t kProductGrain = int64_t{1} << 17;  ///< multiplications from the cache

/// The `grain` for items that read or write `elements` elements each; that make `products`
/// multiplications each. At least 1.
int64_t ElementGrain(int64_t elements);
int64_t ProductGrain(int64_t products);

/// The `grain` for `rows` rows of `elements` elements each that a task reads as few long streams:
/// long ones, but several tasks a thread. Follows the number of threads: no sum may depend on it.
int64_t StreamGrain(int64_t rows, int64_t elements);

/// The number of threads that `ParallelFor` uses, the caller included. Starts as the number of
/// processors available to this process.
int NumThreads();

/// Sets it. Errors: kValue unless 1 <= threads <= 1024.
void SetNumThreads(int threads);

/// Sets the number of threads for the lifetime of this object.
class ScopedNumThreads {
 public:
  explicit ScopedNumThreads(int threads) : before_(NumThreads()) { SetNumThreads(threads); }
  ~ScopedNumThreads() { SetNumThreads(before_); }
  ScopedNumThreads(const ScopedNumThreads&) = delete;
  ScopedNumThreads& operator=(const ScopedNumThreads&) = delete;

 private:
  int before_;
};

}  // namespace prova

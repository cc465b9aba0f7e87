#include "base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "hwy/cache_control.h"
#include <pthread.h>
#include <sched.h>

#include "base/error.h"
#include "base/text.h"

namespace prova {
namespace {

constexpr int kMaxThreads = 1024;

thread_local bool inside_parallel_for = false;

int AvailableProcessors() {
  cpu_set_t set;
  const int count = sched_getaffinity(0, sizeof(set), &set) == 0
                        ? CPU_COUNT(&set)
                        : static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(count, 1, kMaxThreads);
}

std::atomic<int>& ThreadCount() {
  static std::atomic<int> count{AvailableProcessors()};
  return count;
}

/// Marks this thread as one that runs bodies, and unmarks it.
class InsideParallelFor {
 public:
  InsideParallelFor() { inside_parallel_for = true; }
  ~InsideParallelFor() { inside_parallel_for = false; }
};

/// One ParallelFor call; threads take chunks in order until none is left.
struct Job {
  FunctionRef<void(int64_t, int64_t)> body;
  int64_t n;
  int64_t grain;
  int64_t chunks;
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error = nullptr;

  void RunChunk(int64_t chunk) const {
    const int64_t begin = chunk * grain;
    body(begin, begin + std::min(grain, n - begin));
  }

  void Work() {
    const InsideParallelFor inside;
    for (int64_t chunk; !failed && (chunk = next.fetch_add(1)) < chunks;) {
      try {
        RunChunk(chunk);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
  }
};

/// Waits until `atomic` differs from `value`: watching it for some ten microseconds, which a futex
/// alone would take to wake up, then asleep. Returns what it became.
uint32_t AwaitChange(const std::atomic<uint32_t>& atomic, uint32_t value) {
  constexpr int kWatches = 2000;
  for (int i = 0; i < kWatches; ++i) {
    const uint32_t now = atomic.load(std::memory_order_acquire);
    if (now != value) return now;
    hwy::Pause();
  }
  atomic.wait(value, std::memory_order_acquire);
  return atomic.load(std::memory_order_acquire);
}

/// A fork-join pool: one job at a time; its threads watch for the next one before they sleep.
///
/// `door_` holds the number of a job and how many threads may still enter it. A thread enters by
/// taking a seat; the caller leaves when the door is shut and all who entered have left.
class Pool {
 public:
  /// Runs the job with at most `helpers` pool threads beside the caller; false if the pool is busy.
  bool Run(Job& job, int helpers) {
    std::unique_lock busy(busy_, std::try_to_lock);
    if (!busy) return false;
    StartThreads(helpers);
    job_ = &job;
    left_.store(0, std::memory_order_relaxed);
    const uint32_t seats = static_cast<uint32_t>(std::min(helpers, started_));
    const uint32_t shut = door_.load(std::memory_order_relaxed) + kNextJob;
    door_.store(shut | seats, std::memory_order_release);
    door_.notify_all();
    job.Work();
    const uint32_t entered = seats - (door_.exchange(shut, std::memory_order_acq_rel) & kSeats);
    for (uint32_t left; (left = left_.load(std::memory_order_acquire)) != entered;) {
      AwaitChange(left_, left);
    }
    return true;
  }

 private:
  static constexpr uint32_t kSeats = kMaxThreads - 1;
  static constexpr uint32_t kNextJob = kMaxThreads;

  /// Fewer threads than wanted are slower, not wrong: a system that gives no more is no error.
  void StartThreads(int wanted) {
    try {
      while (started_ < wanted) {
        std::thread([this] { Loop(); }).detach();
        ++started_;
      }
    } catch (const std::system_error&) {
    }
  }

  void Loop() {
    uint32_t door = 0;
    while (true) {
      if ((door & kSeats) == 0) {
        door = AwaitChange(door_, door);
      } else if (door_.compare_exchange_weak(door, door - 1, std::memory_order_acq_rel)) {
        job_->Work();
        left_.fetch_add(1, std::memory_order_release);
        left_.notify_one();
        door = door_.load(std::memory_order_acquire) & ~kSeats;
      }
    }
  }

  std::mutex busy_;
  std::atomic<uint32_t> door_{0};
  std::atomic<uint32_t> left_{0};
  Job* job_ = nullptr;
  int started_ = 0;
};

/// Never destroyed, since static objects may still use it; a forked child, which has none of the
/// threads and a copy of their locks, gets a pool of its own.
Pool& ThePool() {
  static Pool* pool = new Pool;
  [[maybe_unused]] static const int registered =
      pthread_atfork(nullptr, nullptr, [] { pool = new Pool; });
  return *pool;
}

}  // namespace

void ParallelFor(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t chunks = (n - 1) / grain + 1;
  const auto helpers = static_cast<int>(std::min<int64_t>(NumThreads(), chunks)) - 1;
  Job job{.body = body, .n = n, .grain = grain, .chunks = chunks};
  if (inside_parallel_for) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) job.RunChunk(chunk);
    return;
  }
  if (helpers == 0 || !ThePool().Run(job, helpers)) job.Work();
  if (job.error) std::rethrow_exception(job.error);
}

int64_t ElementGrain(int64_t elements) {
  return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(elements, 1));
}

int64_t ProductGrain(int64_t products) {
  return std::max<int64_t>(1, kProductGrain / std::max<int64_t>(products, 1));
}

int NumThreads() { return ThreadCount(); }

void SetNumThreads(int threads) {
  if (threads < 1 || threads > kMaxThreads) {
    Fail(ErrorCode::kValue, {.where = "SetNumThreads",
                             .given = Cat(threads, " threads"),
                             .need = Cat("1..", kMaxThreads)});
  }
  ThreadCount() = threads;
}

}  // namespace prova

#include "base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <deque>
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

/// The chunks of one ParallelFor call.
struct Chunks {
  FunctionRef<void(int64_t, int64_t)> body;
  int64_t n;
  int64_t grain;
  int64_t count;

  void Run(int64_t chunk) const {
    const int64_t begin = chunk * grain;
    body(begin, begin + std::min(grain, n - begin));
  }
  void RunAll() const {
    for (int64_t chunk = 0; chunk < count; ++chunk) Run(chunk);
  }
};

/// A call for several threads. Chunks are dealt out in shares of neighbours: a thread begins with
/// its own, where its cache still has what the calls before left there, then helps with the others.
class Job {
 public:
  Job(const Chunks& chunks, int threads)
      : chunks_(chunks), shares_(std::min(threads, kMostShares)) {
    const int64_t even = chunks.count / shares_, rest = chunks.count % shares_;
    for (int64_t i = 0; i < shares_; ++i) {
      share_[i].next.store(even * i + std::min(i, rest), std::memory_order_relaxed);
      share_[i].end = even * (i + 1) + std::min(i + 1, rest);
    }
  }

  // #region shares
  /// Runs chunks until none is left, as thread `seat`.
  void Work(uint32_t seat) {
    const InsideParallelFor inside;
    for (uint32_t turn = 0; turn < shares_; ++turn) {
      Share& share = share_[(seat + turn) % shares_];
      for (int64_t chunk; !failed_ && (chunk = share.next.fetch_add(1)) < share.end;) {
        try {
          chunks_.Run(chunk);
        } catch (...) {
          if (!failed_.exchange(true)) error_ = std::current_exception();
        }
      }
    }
  }
  // #endregion shares

  void Rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  static constexpr int kMostShares = 16;
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };

  const Chunks& chunks_;
  const uint32_t shares_;
  Share share_[kMostShares];
  std::atomic<bool> failed_{false};
  std::exception_ptr error_ = nullptr;
};

/// Watches until `atomic` differs from `value`, for some ten microseconds, which a futex alone
/// would take to wake up; whether it does.
bool SeesChange(const std::atomic<uint32_t>& atomic, uint32_t value) {
  constexpr int kWatches = 2000;
  for (int i = 0; i < kWatches; ++i) {
    if (atomic.load(std::memory_order_acquire) != value) return true;
    hwy::Pause();
  }
  return false;
}

/// A thread of the pool that may sleep. Whoever wakes it moves it to another processor first: the
/// scheduler of a virtual machine takes a halted processor for one that is taken away, and would
/// queue the thread behind its busy waker, where it never gets to help.
class Sleeper {
 public:
  void SetThread(pthread_t thread) { thread_ = thread; }

  void AwaitChange(const std::atomic<uint32_t>& atomic, uint32_t value) {
    sleeps_.store(true, std::memory_order_relaxed);
    atomic.wait(value, std::memory_order_acquire);
    sleeps_.store(false, std::memory_order_relaxed);
    if (moved_.load(std::memory_order_acquire)) {
      pthread_setaffinity_np(pthread_self(), sizeof(allowed_), &allowed_);
      moved_.store(false, std::memory_order_release);
    }
  }

  /// Called by one thread at a time, on `processor`. Where no other is allowed, nothing happens.
  void MoveFrom(int processor) {
    if (!sleeps_.load(std::memory_order_relaxed) || moved_.load(std::memory_order_acquire)) return;
    if (pthread_getaffinity_np(thread_, sizeof(allowed_), &allowed_) != 0) return;
    cpu_set_t others = allowed_;
    CPU_CLR(processor, &others);
    if (CPU_COUNT(&others) == 0) return;
    const bool moved = pthread_setaffinity_np(thread_, sizeof(others), &others) == 0;
    if (moved) moved_.store(true, std::memory_order_release);
  }

 private:
  pthread_t thread_ = {};
  cpu_set_t allowed_ = {};  // what the thread may use but for the move
  std::atomic<bool> sleeps_{false};
  std::atomic<bool> moved_{false};
};

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
    const auto seats = static_cast<uint32_t>(std::min<size_t>(helpers, threads_.size()));
    for (Sleeper& thread : threads_) thread.MoveFrom(sched_getcpu());
    const uint32_t shut = door_.load(std::memory_order_relaxed) + kNextJob;
    door_.store(shut | seats, std::memory_order_release);
    door_.notify_all();
    job.Work(0);
    const uint32_t entered = seats - (door_.exchange(shut, std::memory_order_acq_rel) & kSeats);
    for (uint32_t left; (left = left_.load(std::memory_order_acquire)) != entered;) {
      if (!SeesChange(left_, left)) left_.wait(left, std::memory_order_acquire);
    }
    return true;
  }

 private:
  static constexpr uint32_t kSeats = kMaxThreads - 1;
  static constexpr uint32_t kNextJob = kMaxThreads;

  /// Fewer threads than wanted are slower, not wrong: a system that gives no more is no error.
  void StartThreads(int wanted) {
    try {
      while (static_cast<int>(threads_.size()) < wanted) {
        Sleeper& sleeper = threads_.emplace_back();
        std::thread thread([this, &sleeper] { Loop(sleeper); });
        sleeper.SetThread(thread.native_handle());
        thread.detach();
      }
    } catch (const std::system_error&) {
      threads_.pop_back();
    }
  }

  void Loop(Sleeper& sleeper) {
    uint32_t door = 0;
    while (true) {
      if ((door & kSeats) == 0) {
        if (!SeesChange(door_, door)) sleeper.AwaitChange(door_, door);
        door = door_.load(std::memory_order_acquire);
      } else if (door_.compare_exchange_weak(door, door - 1, std::memory_order_acq_rel)) {
        job_->Work(door & kSeats);
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
  std::deque<Sleeper> threads_;
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
  const Chunks chunks = {.body = body, .n = n, .grain = grain, .count = CountChunks(n, grain)};
  if (inside_parallel_for) return chunks.RunAll();
  const auto threads = static_cast<int>(std::min<int64_t>(NumThreads(), chunks.count));
  if (threads > 1) {
    Job job(chunks, threads);
    if (ThePool().Run(job, threads - 1)) return job.Rethrow();
  }
  const InsideParallelFor inside;
  chunks.RunAll();
}

int64_t ElementGrain(int64_t elements) {
  return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(elements, 1));
}

int64_t ProductGrain(int64_t products) {
  return std::max<int64_t>(1, kProductGrain / std::max<int64_t>(products, 1));
}

int64_t StreamGrain(int64_t rows, int64_t elements) {
  const int64_t least = std::max<int64_t>(32, ElementGrain(elements));
  return std::clamp(rows / (4 * NumThreads()), least, std::max<int64_t>(least, 256));
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

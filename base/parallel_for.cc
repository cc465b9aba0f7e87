#include "base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

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
    inside_parallel_for = true;
    for (int64_t chunk; !failed && (chunk = next.fetch_add(1)) < chunks;) {
      try {
        RunChunk(chunk);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
    inside_parallel_for = false;
  }
};

/// Threads that sleep between jobs. One job runs at a time.
class Pool {
 public:
  /// Runs the job with at most `helpers` pool threads beside the caller; false if the pool is busy.
  bool Run(Job& job, int helpers) {
    std::unique_lock busy(busy_, std::try_to_lock);
    if (!busy) return false;
    {
      std::lock_guard lock(mutex_);
      StartThreads(helpers);
      job_ = &job;
      seats_ = helpers;
      ++generation_;
    }
    wake_.notify_all();
    job.Work();
    std::unique_lock lock(mutex_);
    job_ = nullptr;
    idle_.wait(lock, [this] { return working_ == 0; });
    return true;
  }

 private:
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
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      if (job_ == nullptr || seats_ == 0) continue;
      --seats_;
      ++working_;
      Job* job = job_;
      lock.unlock();
      job->Work();
      lock.lock();
      if (--working_ == 0) idle_.notify_one();
    }
  }

  std::mutex busy_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  Job* job_ = nullptr;
  uint64_t generation_ = 0;
  int started_ = 0;
  int seats_ = 0;
  int working_ = 0;
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
  Job job{.body = body, .n = n, .grain = grain, .chunks = chunks};
  if (inside_parallel_for) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) job.RunChunk(chunk);
    return;
  }
  const int helpers = static_cast<int>(std::min<int64_t>(NumThreads(), chunks)) - 1;
  if (helpers == 0 || !ThePool().Run(job, helpers)) job.Work();
  if (job.error) std::rethrow_exception(job.error);
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

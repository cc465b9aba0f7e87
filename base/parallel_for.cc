#include "base/parallel_for.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace prova {
namespace {

constexpr int kMaxThreads = 1024;

thread_local bool inside_parallel_for = false;

int AvailableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

std::atomic<int> num_threads{AvailableProcessors()};

/// One ParallelFor call; threads take chunks in order until none is left.
struct Job {
  FunctionRef<void(int64_t, int64_t)> body;
  int64_t n;
  int64_t grain;
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error;

  void Work() {
    inside_parallel_for = true;
    for (int64_t begin; !failed && (begin = next.fetch_add(grain)) < n;) {
      try {
        body(begin, std::min(begin + grain, n));
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
  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// Runs the job with at most `helpers` pool threads beside the caller; false if the pool is busy.
  bool Run(Job& job, int helpers) {
    std::unique_lock busy(busy_, std::try_to_lock);
    if (!busy) return false;
    {
      std::lock_guard lock(mutex_);
      while (static_cast<int>(threads_.size()) < helpers) threads_.emplace_back([this] { Loop(); });
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
  void Loop() {
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
      if (stopping_) return;
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
  std::vector<std::thread> threads_;
  Job* job_ = nullptr;
  uint64_t generation_ = 0;
  int seats_ = 0;
  int working_ = 0;
  bool stopping_ = false;
};

Pool& ThePool() {
  static Pool pool;
  return pool;
}

}  // namespace

void ParallelFor(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int64_t chunks = (n - 1) / grain + 1;
  const int helpers = static_cast<int>(std::min<int64_t>(NumThreads(), chunks)) - 1;

  Job job{.body = body, .n = n, .grain = grain, .error = nullptr};
  if (inside_parallel_for) {
    for (int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(begin + grain, n));
    return;
  }
  if (helpers == 0 || !ThePool().Run(job, helpers)) job.Work();
  if (job.error) std::rethrow_exception(job.error);
}

int NumThreads() { return num_threads; }

void SetNumThreads(int threads) {
  if (threads < 1 || threads > kMaxThreads) {
    Fail(ErrorCode::kValue, {.where = "SetNumThreads",
                             .given = Cat(threads, " threads"),
                             .need = Cat("1..", kMaxThreads)});
  }
  num_threads = threads;
}

}  // namespace prova

#include "base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/testing.h"

namespace prova {
namespace {

using Chunks = std::vector<std::pair<int64_t, int64_t>>;

Chunks ChunksOf(int64_t n, int64_t grain) {
  std::mutex mutex;
  Chunks chunks;
  ParallelFor(n, grain, [&](int64_t begin, int64_t end) {
    std::lock_guard lock(mutex);
    chunks.emplace_back(begin, end);
  });
  std::sort(chunks.begin(), chunks.end());
  return chunks;
}

/// Whether every index of [0, n) is visited exactly once.
bool CoversOnce(int64_t n, int64_t grain) {
  std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
  ParallelFor(n, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++visits[i];
  });
  return std::all_of(visits.begin(), visits.end(), [](const auto& count) { return count == 1; });
}

TEST(ParallelForTest, CoversEachIndexExactlyOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ScopedNumThreads scoped(threads);
    for (int64_t n : {0, 1, 2, 3, 7, 64, 1000, 4097}) {
      for (int64_t grain : {-1, 0, 1, 2, 7, 64, 1000, 5000}) {
        EXPECT_TRUE(CoversOnce(n, grain)) << n << " by " << grain << " on " << threads;
      }
    }
  }
}

TEST(ParallelForTest, ChunksDependOnSizeAndGrainAlone) {
  for (int threads : {1, 2, 5}) {
    ScopedNumThreads scoped(threads);
    EXPECT_EQ(ChunksOf(10, 4), (Chunks{{0, 4}, {4, 8}, {8, 10}}));
    EXPECT_EQ(ChunksOf(8, 4), (Chunks{{0, 4}, {4, 8}}));
    EXPECT_EQ(ChunksOf(3, 100), (Chunks{{0, 3}}));
    EXPECT_EQ(ChunksOf(3, 0), (Chunks{{0, 1}, {1, 2}, {2, 3}}));
    EXPECT_EQ(ChunksOf(-5, 1), Chunks{});
  }
}

TEST(ParallelForTest, TheLargestRangeDoesNotOverflow) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kGrain = kMax / 2 - 1;
  for (int threads : {1, 4}) {
    ScopedNumThreads scoped(threads);
    EXPECT_EQ(ChunksOf(kMax, kGrain),
              (Chunks{{0, kGrain}, {kGrain, 2 * kGrain}, {2 * kGrain, kMax}}));
    EXPECT_EQ(ChunksOf(kMax, kMax), (Chunks{{0, kMax}}));
  }
}

/// Waits until `count` reaches `goal`; false after some seconds.
bool Reaches(const std::atomic<int>& count, int goal) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (count < goal) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Whether two chunks are inside their bodies at once.
bool TwoChunksMeet() {
  std::atomic<int> started{0};
  std::atomic<bool> met{true};
  ParallelFor(2, 1, [&](int64_t, int64_t) {
    ++started;
    if (!Reaches(started, 2)) met = false;
  });
  return met;
}

TEST(ParallelForTest, RunsChunksAtTheSameTime) {
  ScopedNumThreads scoped(2);
  EXPECT_TRUE(TwoChunksMeet());
}

TEST(ParallelForTest, EachThreadBeginsWithAShareOfItsOwn) {
  for (int threads : {2, 3}) {
    ScopedNumThreads scoped(threads);
    std::mutex mutex;
    std::map<std::thread::id, int64_t> first;
    std::atomic<int> entered{0};
    ParallelFor(12, 1, [&](int64_t begin, int64_t) {
      {
        std::lock_guard lock(mutex);
        if (!first.emplace(std::this_thread::get_id(), begin).second) return;
        ++entered;
      }
      EXPECT_TRUE(Reaches(entered, threads));
    });
    EXPECT_EQ(first[std::this_thread::get_id()], 0);
    std::vector<int64_t> beginnings;
    for (const auto& [thread, begin] : first) beginnings.push_back(begin);
    std::sort(beginnings.begin(), beginnings.end());
    EXPECT_EQ(beginnings,
              threads == 2 ? (std::vector<int64_t>{0, 6}) : (std::vector<int64_t>{0, 4, 8}));
  }
}

TEST(ParallelForTest, UsesNoMoreThreadsThanAsked) {
  for (int threads : {8, 3, 1}) {
    ScopedNumThreads scoped(threads);
    std::atomic<int> running{0}, most{0};
    ParallelFor(200, 1, [&](int64_t, int64_t) {
      const int now = ++running;
      for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      --running;
    });
    EXPECT_LE(most, threads);
  }
}

TEST(ParallelForTest, CallsFromABodyRunOnItsThread) {
  for (int threads : {1, 4}) {
    ScopedNumThreads scoped(threads);
    std::atomic<int> inner{0}, strayed{0};
    ParallelFor(16, 1, [&](int64_t, int64_t) {
      const auto caller = std::this_thread::get_id();
      ParallelFor(10, 3, [&](int64_t begin, int64_t end) {
        inner += static_cast<int>(end - begin);
        strayed += std::this_thread::get_id() != caller;
      });
    });
    EXPECT_EQ(inner, 160);
    EXPECT_EQ(strayed, 0);
  }
}

TEST(ParallelForTest, CallsFromABodyStayOnItsThreadWhenThePoolFallsIdle) {
  ScopedNumThreads scoped(2);
  std::atomic<int> first_entered{0}, second_entered{0}, first_returned{0}, strayed{0};
  std::thread first([&] {
    ParallelFor(2, 1, [&](int64_t, int64_t) {
      ++first_entered;
      Reaches(second_entered, 1);
    });
    ++first_returned;
  });
  ASSERT_TRUE(Reaches(first_entered, 2));
  // The pool is busy, so both chunks run here; the second sees it idle again.
  ParallelFor(2, 1, [&](int64_t, int64_t) {
    ++second_entered;
    Reaches(first_returned, 1);
    const auto caller = std::this_thread::get_id();
    ParallelFor(50, 1, [&](int64_t, int64_t) {
      strayed += std::this_thread::get_id() != caller;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    });
  });
  first.join();
  EXPECT_EQ(strayed, 0);
}

TEST(ParallelForTest, AnExceptionReachesTheCallerAndThePoolWorksOn) {
  for (int threads : {1, 2, 4}) {
    ScopedNumThreads scoped(threads);
    for (int repeat = 0; repeat < 50; ++repeat) {
      EXPECT_THROW(ParallelFor(100, 1,
                               [](int64_t begin, int64_t) {
                                 if (begin % 7 == 3) throw std::out_of_range("seven");
                               }),
                   std::out_of_range);
      EXPECT_TRUE(CoversOnce(1000, 3));
    }
  }
}

TEST(ParallelForTest, AnExceptionLeavesOutTheChunksThatFollow) {
  ScopedNumThreads scoped(1);
  int calls = 0;
  EXPECT_THROW(ParallelFor(100, 10,
                           [&](int64_t begin, int64_t) {
                             ++calls;
                             if (begin == 30) throw std::runtime_error("stop");
                           }),
               std::runtime_error);
  EXPECT_EQ(calls, 4);
}

TEST(ParallelForTest, AnExceptionOfANestedCallReachesTheOuterCaller) {
  for (int threads : {1, 4}) {
    ScopedNumThreads scoped(threads);
    EXPECT_THROW(ParallelFor(8, 1,
                             [](int64_t, int64_t) {
                               ParallelFor(2, 1,
                                           [](int64_t, int64_t) { throw std::logic_error("in"); });
                             }),
                 std::logic_error);
    EXPECT_TRUE(CoversOnce(1000, 3));
  }
}

TEST(ParallelForTest, SeveralThreadsMayCallAtOnce) {
  ScopedNumThreads scoped(4);
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&failures, caller] {
      for (int repeat = 0; repeat < 100; ++repeat) failures += !CoversOnce(500 + caller, 7);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failures, 0);
}

TEST(ParallelForTest, AForkedProcessWorksAndExits) {
  ScopedNumThreads scoped(4);
  ASSERT_TRUE(CoversOnce(100, 1));
  EXPECT_EXIT(std::exit(TwoChunksMeet() && CoversOnce(100, 1) ? 0 : 1), testing::ExitedWithCode(0),
              "");
}

/// Leaves the process room for a few threads' stacks only.
bool LimitAddressSpace() {
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t limit = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE)) + (32 << 20);
  const rlimit few = {.rlim_cur = limit, .rlim_max = limit};
  return setrlimit(RLIMIT_AS, &few) == 0;
}

TEST(ParallelForTest, WorksWhereTheSystemGivesNoThreads) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer cannot live with a limit on address space";
#endif
  ScopedNumThreads scoped(200);
  EXPECT_EXIT(std::exit(LimitAddressSpace() && CoversOnce(1000, 1) ? 0 : 1),
              testing::ExitedWithCode(0), "");
}

TEST(ParallelForTest, ThreadCountsOutsideTheRangeAreErrors) {
  const int before = NumThreads();
  ExpectError(ErrorCode::kValue, "SetNumThreads: 0 threads; need 1..1024",
              [] { SetNumThreads(0); });
  ExpectError(ErrorCode::kValue, "SetNumThreads: -3 threads; need 1..1024",
              [] { SetNumThreads(-3); });
  ExpectError(ErrorCode::kValue, "SetNumThreads: 1025 threads; need 1..1024",
              [] { SetNumThreads(1025); });
  EXPECT_EQ(NumThreads(), before);
}

TEST(ParallelForTest, AScopedThreadCountIsRestored) {
  const int before = NumThreads();
  EXPECT_GE(before, 1);
  {
    ScopedNumThreads scoped(1024);
    EXPECT_EQ(NumThreads(), 1024);
  }
  EXPECT_EQ(NumThreads(), before);
}

TEST(ParallelForTest, LeavesThreadsTheProcessorsThatTheyMayUse) {
  cpu_set_t expected;
  ASSERT_EQ(sched_getaffinity(0, sizeof(expected), &expected), 0);
  const ScopedNumThreads threads(3);
  for (int round = 0; round < 20; ++round) {
    // Long enough for the pool to fall asleep: whoever wakes a thread moves it.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> differ{0};
    ParallelFor(64, 1, [&](int64_t, int64_t) {
      cpu_set_t here;
      differ += sched_getaffinity(0, sizeof(here), &here) != 0 || !CPU_EQUAL(&here, &expected);
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    });
    EXPECT_EQ(differ, 0);
  }
}

}  // namespace
}  // namespace prova

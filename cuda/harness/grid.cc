#include "cuda/harness/grid.h"

#include <memory>
#include <mutex>
#include <numeric>
#include <vector>

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include "base/error.h"
#include "base/philox.h"
#include "base/text.h"
#include "cuda/harness/hopper.h"
#include "cuda/harness/memory.h"

constinit thread_local uint3 threadIdx{}, blockIdx{};
constinit thread_local dim3 blockDim{}, gridDim{};

namespace prova::cuda::harness {

constinit thread_local const Moment* running_moment = nullptr;
constinit thread_local const BlockMemory* running_memory = nullptr;

namespace {

constexpr size_t kStackBytes = 128 * 1024;
constexpr unsigned kFullWarp = 0xFFFFFFFF;
constexpr size_t kGroupThreads = 128;
// Of every GPU since compute capability 3.0; dynamic shared memory as Hopper has it.
constexpr unsigned kMostThreads = 1024, kMostGridX = 0x7FFFFFFF, kMostGridYZ = 65535;
constexpr size_t kMostSharedBytes = 227 * 1024;

thread_local Order current_order = Order::kAscending;

/// Stacks of fibers, each above a forbidden page, kept for the next launch of this processor
/// thread.
class KeptStacks {
 public:
  ~KeptStacks() {
    for (boost::context::stack_context& stack : free_) source_.deallocate(stack);
  }
  boost::context::stack_context Take() {
    if (free_.empty()) return source_.allocate();
    const boost::context::stack_context stack = free_.back();
    free_.pop_back();
    return stack;
  }
  void GiveBack(const boost::context::stack_context& stack) {
    // Frames that were unwound leave their marks, which the sanitizer would hold against the next.
    ASAN_UNPOISON_MEMORY_REGION(static_cast<char*>(stack.sp) - stack.size, stack.size);
    free_.push_back(stack);
  }

 private:
  boost::context::protected_fixedsize_stack source_{kStackBytes};
  std::vector<boost::context::stack_context> free_;
};
thread_local KeptStacks kept_stacks;

/// `kept_stacks` as fibers want it; notes which one it gave.
struct StackAllocator {
  boost::context::stack_context& given;
  boost::context::stack_context allocate() { return given = kept_stacks.Take(); }
  void deallocate(boost::context::stack_context& stack) { kept_stacks.GiveBack(stack); }
};

/// Thrown in a thread that never ran to its end, to unwind it.
struct Unwind {};

/// Tells the address sanitizer, where there is one, that another stack is about to be used.
#ifdef __SANITIZE_ADDRESS__
void BeginSwitch(void** left, const void* bottom, size_t size) {
  __sanitizer_start_switch_fiber(left, bottom, size);
}
void EndSwitch(void* left, const void*& bottom, size_t& size) {
  __sanitizer_finish_switch_fiber(left, &bottom, &size);
}
#else
void BeginSwitch(void**, const void*, size_t) {}
void EndSwitch(void*, const void*&, size_t&) {}
#endif

/// Fibers whose instruction failed: nothing can unwind their stacks, so nobody ends them.
void Abandon(boost::context::fiber fiber) {
  static std::mutex mutex;
  static auto* abandoned = new std::vector<boost::context::fiber>;
  const std::lock_guard lock(mutex);
  abandoned->push_back(std::move(fiber));
}

/// One for each byte of dynamic shared memory; a stamp tells the records of another block.
SharedRecord* KeptRecords(size_t bytes) {
  static thread_local std::vector<SharedRecord> records;
  if (records.size() < bytes) records.resize(bytes);
  return records.data();
}

std::string ToString(const uint3& at) { return Cat("(", at.x, ", ", at.y, ", ", at.z, ")"); }

/// Threads that wait for each other: a barrier of the block, or the lanes of a mask.
struct Meeting {
  uint32_t finished = 0;  // how many times they have met
  unsigned arrived = 0;   // threads of a block; lanes, as bits
  int line = 0;           // of the first to arrive
  // By turns, so that a lane may read what the others brought while a quick one brings more.
  uint64_t values[2][32];
};

struct Warp {
  std::vector<std::pair<unsigned, std::unique_ptr<Meeting>>> meetings;  // by their masks
  unsigned lanes = 0;                                                   // that exist
};

struct Thread {
  boost::context::fiber fiber;
  boost::context::stack_context stack;
  void* left_stack = nullptr;  // the sanitizer's note of it
  uint3 index;
  bool returned = true;
  // Waits until this is no longer `seen`, at a place that it can name.
  const uint32_t* waits_for = nullptr;
  uint32_t seen = 0;
  const FunctionRef<std::string()>* place = nullptr;
  Moment moment;
};

/// The block of one kernel that runs now, and the fibers that are used again for the next.
class Block {
 public:
  Block(const char* op, dim3 shape, size_t shared_bytes, FunctionRef<void()> kernel)
      : op_(op), kernel_(kernel), shared_(shared_bytes) {
    const unsigned threads = shape.x * shape.y * shape.z;
    threads_.resize(threads);
    warps_.resize((threads + warpSize - 1) / warpSize);
    groups_.resize((threads + kGroupThreads - 1) / kGroupThreads);
    for (unsigned i = 0; i < threads; ++i) {
      threads_[i].index = {i % shape.x, i / shape.x % shape.y, i / shape.x / shape.y};
      warps_[i / warpSize].lanes |= 1u << i % warpSize;
    }
  }

  /// Lets all fibers return; those in the middle of a kernel are unwound.
  ~Block() {
    is_over_ = true;
    for (Thread& thread : threads_) {
      if (thread.fiber) SwitchTo(thread);
    }
  }

  /// Runs the block at `index`, its threads in the given order as far as barriers let them.
  void Run(uint3 index, const std::vector<int>& order) {
    static thread_local uint64_t blocks = 0;
    memory_ = {.stamp = ++blocks,
               .shared = shared_.data(),
               .records = KeptRecords(shared_.size()),
               .shared_bytes = shared_.size()};
    std::fill(shared_.begin(), shared_.end(), static_cast<char>(0xFF));
    blockIdx = index;
    barrier_ = {};
    std::fill(groups_.begin(), groups_.end(), Meeting());
    for (Warp& warp : warps_) warp.meetings.clear();
    for (size_t i = 0; i < threads_.size(); ++i) {
      Thread& thread = threads_[i];
      thread.returned = false;
      thread.waits_for = nullptr;
      thread.moment = {.thread = static_cast<int32_t>(i) + 1};
      if (!thread.fiber) thread.fiber = NewFiber(thread);
    }
    for (size_t left = threads_.size(); left > 0;) {
      bool moved = false;
      for (int i : order) {
        Thread& thread = threads_[i];
        if (thread.returned || IsWaiting(thread)) continue;
        Resume(thread);
        moved = true;
        left -= thread.returned;
      }
      if (!moved && !LandOneCopy()) FailStalled();
    }
    if (HasCopyNobodyAwaited()) {
      FailWith(Cat("block ", ToString(index), " returns without having waited for a bulk copy"));
    }
  }

  // What follows is called by the running thread.

  void SyncBlock(int line) {
    TellBlock();
    MeetAt(line, barrier_, barrier_.arrived == 0, "__syncthreads");
    if (++barrier_.arrived == threads_.size()) {
      Finish(barrier_);
    } else {
      WaitFor(barrier_, "__syncthreads");
    }
    ++running_->moment.block_barriers;
    HearBlock();
  }

  void MeetGroup(const char* what, int line, FunctionRef<void()> once) {
    const size_t group = Number() / kGroupThreads;
    if ((group + 1) * kGroupThreads > threads_.size()) Stop("is in a warp group that is not whole");
    Meeting& meeting = groups_[group];
    MeetAt(line, meeting, meeting.arrived == 0, what);
    if (++meeting.arrived == kGroupThreads) {
      once();
      Finish(meeting);
    } else {
      WaitFor(meeting, what);
    }
  }

  void WaitForChange(const uint32_t& counter, FunctionRef<std::string()> place) {
    running_->waits_for = &counter;
    running_->seen = counter;
    running_->place = &place;
    SwitchBack();
  }

  LaneValues MeetLanes(unsigned mask, uint64_t value, int line) {
    const int lane = Lane();
    if ((mask >> lane & 1) == 0) Stop("calls with a mask that leaves out its own lane");
    Warp& warp = warps_[Number() / warpSize];
    if (mask != kFullWarp && (mask & ~warp.lanes) != 0) {
      Stop("calls with a mask of lanes that the block does not have");
    }
    // A full mask in the last warp of a block means the lanes that are there.
    mask &= warp.lanes;
    Meeting& meeting = MeetingOf(warp, mask);
    MeetAt(line, meeting, meeting.arrived == 0, "a warp function");
    uint64_t* values = meeting.values[meeting.finished % 2];
    values[lane] = value;
    meeting.arrived |= 1u << lane;
    if (meeting.arrived == mask) {
      Finish(meeting);
    } else {
      WaitFor(meeting, "a warp function");
    }
    return {values, mask};
  }

  /// Only this orders what lanes do to memory: shuffles and votes do not.
  void SyncWarp(unsigned mask, int line) {
    const LaneValues met = MeetLanes(mask, 0, line);
    if (met.mask == warps_[Number() / warpSize].lanes) ++running_->moment.warp_barriers;
  }

  int Lane() const { return Number() % warpSize; }
  const BlockMemory& memory() const { return memory_; }
  int threads() const { return static_cast<int>(threads_.size()); }

  /// Leaves the running thread for good: its stack is unwound later.
  [[noreturn]] void Stop(const std::string& problem) {
    NoteProblem(problem);
    while (true) SwitchBack();
  }

  /// As `Stop`, from an instruction that failed: nothing unwinds that stack, so it owns nothing.
  [[noreturn]] void StopAtFault(const char* problem) {
    faulted_ = true;
    NoteProblem(problem);
    while (true) SwitchBack();
  }

 private:
  /// Of the running thread in its block.
  int Number() const { return running_->moment.thread - 1; }

  void NoteProblem(const std::string& problem) {
    problem_ = Cat("thread ", ToString(threadIdx), " of block ", ToString(blockIdx), " ", problem);
  }

  boost::context::fiber NewFiber(Thread& thread) {
    return boost::context::fiber(std::allocator_arg, StackAllocator{thread.stack},
                                 [this, &thread](boost::context::fiber&& back) {
                                   back_ = std::move(back);
                                   EndSwitch(nullptr, back_bottom_, back_size_);
                                   try {
                                     while (!is_over_) {
                                       kernel_();
                                       thread.returned = true;
                                       SwitchBack();
                                     }
                                   } catch (const Unwind&) {
                                   }
                                   BeginSwitch(nullptr, back_bottom_, back_size_);  // for good
                                   return std::move(back_);
                                 });
  }

  /// To a thread, until it waits, returns or fails.
  void SwitchTo(Thread& thread) {
    running_ = &thread;
    running_moment = &thread.moment;
    threadIdx = thread.index;
    void* left = nullptr;
    BeginSwitch(&left, static_cast<char*>(thread.stack.sp) - thread.stack.size, thread.stack.size);
    thread.fiber = std::move(thread.fiber).resume();
    const void* bottom = nullptr;
    size_t size = 0;
    EndSwitch(left, bottom, size);
  }

  /// From the running thread back to where it was entered.
  void SwitchBack() {
    Thread& self = *running_;
    BeginSwitch(&self.left_stack, back_bottom_, back_size_);
    back_ = std::move(back_).resume();
    EndSwitch(self.left_stack, back_bottom_, back_size_);
    if (is_over_ && !self.returned) throw Unwind();
  }

  static bool IsWaiting(const Thread& thread) {
    return thread.waits_for != nullptr && *thread.waits_for == thread.seen;
  }

  void Resume(Thread& thread) {
    thread.waits_for = nullptr;
    SwitchTo(thread);
    if (problem_.empty()) return;
    if (faulted_) Abandon(std::move(thread.fiber));
    FailWith(problem_);
  }

  void WaitFor(const Meeting& meeting, const char* what) {
    WaitForChange(meeting.finished, [&] {
      return Cat(what, " in line ", meeting.line, ", which not all threads reach");
    });
  }

  static void Finish(Meeting& meeting) {
    ++meeting.finished;
    meeting.arrived = 0;
  }

  void MeetAt(int line, Meeting& meeting, bool first, const char* what) {
    if (first) meeting.line = line;
    if (meeting.line == line) return;
    Stop(Cat("reaches ", what, " in line ", line, ", where others wait at the one in line ",
             meeting.line));
  }

  static Meeting& MeetingOf(Warp& warp, unsigned mask) {
    for (auto& [lanes, meeting] : warp.meetings) {
      if (lanes == mask) return *meeting;
    }
    return *warp.meetings.emplace_back(mask, std::make_unique<Meeting>()).second;
  }

  [[noreturn]] void FailStalled() {
    int returned = 0;
    const Thread* waiting = nullptr;
    for (const Thread& thread : threads_) {
      returned += thread.returned;
      if (!thread.returned && waiting == nullptr) waiting = &thread;
    }
    FailWith(Cat("thread ", ToString(waiting->index), " of block ", ToString(blockIdx),
                 " waits at ", (*waiting->place)(), " (", returned, " of ", threads_.size(),
                 " have returned)"));
  }

  [[noreturn]] void FailWith(const std::string& problem) {
    Fail(ErrorCode::kDevice, {.where = op_, .given = problem});
  }

  const char* op_;
  FunctionRef<void()> kernel_;
  std::vector<char> shared_;
  BlockMemory memory_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<Meeting> groups_;
  Meeting barrier_;
  Thread* running_ = nullptr;
  boost::context::fiber back_;  // to who entered the running thread, and the stack there
  const void* back_bottom_ = nullptr;
  size_t back_size_ = 0;
  std::string problem_;
  bool faulted_ = false;
  bool is_over_ = false;
};

thread_local Block* current_block = nullptr;

/// The block that runs on this processor thread, as long as this lives.
struct ScopedBlock {
  explicit ScopedBlock(Block& block) {
    current_block = &block;
    running_memory = &block.memory();
  }
  ~ScopedBlock() { current_block = nullptr; }
};

/// 0..count-1 in the order of this thread.
std::vector<int> InOrder(unsigned count) {
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  if (current_order == Order::kDescending) std::reverse(order.begin(), order.end());
  if (current_order == Order::kShuffled) {
    Rng rng(count);
    for (unsigned i = count; i > 1; --i) std::swap(order[i - 1], order[rng.Below(i)]);
  }
  return order;
}

void CheckLaunch(const char* op, dim3 grid, dim3 block, size_t shared_bytes) {
  const bool fits =
      grid.x >= 1 && grid.x <= kMostGridX && grid.y >= 1 && grid.y <= kMostGridYZ && grid.z >= 1 &&
      grid.z <= kMostGridYZ && block.x >= 1 && block.y >= 1 && block.z >= 1 && block.z <= 64 &&
      uint64_t{block.x} * block.y * block.z <= kMostThreads && shared_bytes <= kMostSharedBytes;
  if (fits) return;
  Fail(ErrorCode::kDevice,
       {.where = op,
        .given = Cat("a launch of ", ToString({grid.x, grid.y, grid.z}), " blocks of ",
                     ToString({block.x, block.y, block.z}), " threads with ", shared_bytes,
                     " bytes of shared memory"),
        .need = "1 to 1024 threads, at least one block and at most 232448 bytes"});
}

}  // namespace

void SetOrder(Order order) { current_order = order; }
Order CurrentOrder() { return current_order; }

void RunGrid(const char* op, dim3 grid, dim3 block, size_t shared_bytes,
             FunctionRef<void()> kernel) {
  if (current_block != nullptr) Report("launches a kernel, which only the processor does here");
  CheckLaunch(op, grid, block, shared_bytes);
  gridDim = grid;
  blockDim = block;
  const std::vector<int> threads = InOrder(block.x * block.y * block.z);
  const ScopedAccess access(Access::kKernel);
  Block running(op, block, shared_bytes, kernel);
  const ScopedBlock current(running);
  for (int i : InOrder(grid.x * grid.y * grid.z)) {
    const unsigned at = static_cast<unsigned>(i);
    running.Run({at % grid.x, at / grid.x % grid.y, at / grid.x / grid.y}, threads);
  }
  CheckSentinels(op);
}

int Lane() { return current_block->Lane(); }
void SyncBlock(int line) { current_block->SyncBlock(line); }
void SyncWarp(unsigned mask, int line) { current_block->SyncWarp(mask, line); }
int ThreadsOfBlock() { return current_block->threads(); }
void WaitForChange(const uint32_t& counter, FunctionRef<std::string()> place) {
  current_block->WaitForChange(counter, place);
}
void MeetGroup(const char* what, int line, FunctionRef<void()> once) {
  current_block->MeetGroup(what, line, once);
}
LaneValues MeetLanes(unsigned mask, uint64_t value, int line) {
  return current_block->MeetLanes(mask, value, line);
}
void Report(const char* problem) { current_block->Stop(problem); }
void ReportFault(const char* problem) { current_block->StopAtFault(problem); }

}  // namespace prova::cuda::harness

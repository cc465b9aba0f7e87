#include "bench/ceilings.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <hwy/targets.h>
#include <sched.h>

#include "base/allocator.h"
#include "base/error.h"
#include "base/text.h"
#include "bench/ceilings_kernels.h"

namespace prova {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRepetitions = 8;
constexpr double kLeastSeconds = 1e-3;  // of one repetition: the timer's own cost disappears
constexpr int64_t kFloatsPerStep = 512;
constexpr int64_t kBytesPerPass = 1 << 18;  // so that a call's own cost disappears
constexpr int64_t kFmaRounds = 20000;
constexpr int kCalls = 200;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// An array of floats of one thread, present in memory.
class Buffer {
 public:
  explicit Buffer(int64_t bytes)
      : half_(std::max(bytes / 8 / kFloatsPerStep, int64_t{1}) * kFloatsPerStep),
        passes_(std::max(kBytesPerPass / (half_ * 8), int64_t{1})),
        x_(static_cast<float*>(Allocate(half_ * 8))) {
    std::memset(x_, 0, half_ * 8);
  }
  ~Buffer() { Deallocate(x_, half_ * 8); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// Reads all of it a few times; the bytes read.
  double Read() {
    keep_ = simd::Read(x_, 2 * half_, passes_);
    return Moved();
  }

  /// Copies one half to the other a few times; the bytes read and written.
  double Copy() {
    for (int64_t pass = 0; pass < passes_; ++pass) simd::Copy(x_, x_ + half_, half_);
    return Moved();
  }

 private:
  double Moved() const { return static_cast<double>(half_ * 8 * passes_); }

  int64_t half_;
  int64_t passes_;
  float* x_;
  volatile float keep_ = 0;  // A sum that nobody reads would not be computed.
};

/// Keeps the calling thread on one of its processors while alive, a different one for each index as
/// long as there are enough: the scheduler of a virtual machine may leave two threads on one.
class OnProcessor {
 public:
  explicit OnProcessor(int index) {
    if (sched_getaffinity(0, sizeof(before_), &before_) != 0) return;
    int before_it = index % CPU_COUNT(&before_), processor = 0;
    while (!CPU_ISSET(processor, &before_) || before_it-- > 0) ++processor;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    is_kept_ = sched_setaffinity(0, sizeof(only), &only) == 0;
  }
  ~OnProcessor() {
    if (is_kept_) sched_setaffinity(0, sizeof(before_), &before_);
  }
  OnProcessor(const OnProcessor&) = delete;
  OnProcessor& operator=(const OnProcessor&) = delete;

 private:
  cpu_set_t before_;
  bool is_kept_ = false;
};

/// The best rate of `threads` threads that each repeat `work` until a repetition has lasted long
/// enough; `work` returns how much it did.
double BestRate(int threads, const std::function<double(int thread)>& work) {
  std::vector<double> done(threads);
  std::barrier start(threads), end(threads);
  double best = 0;
  const auto run = [&](int thread) {
    const OnProcessor processor(thread);
    for (int repetition = 0; repetition <= kRepetitions; ++repetition) {
      start.arrive_and_wait();
      const auto begin = Clock::now();
      double amount = 0;
      do {
        amount += work(thread);
      } while (SecondsSince(begin) < kLeastSeconds);
      done[thread] = amount / SecondsSince(begin);
      end.arrive_and_wait();
      double sum = 0;
      for (double rate : done) sum += rate;
      // The first repetition warms up.
      if (thread == 0 && repetition > 0) best = std::max(best, sum);
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  return best;
}

/// The size of the data cache of a level as Linux tells it, in KiB; `otherwise` where it does not.
int64_t CacheBytes(int level, int64_t otherwise) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = Cat("/sys/devices/system/cpu/cpu0/cache/index", index, "/");
    int its_level = 0;
    int64_t kibibytes = 0;
    std::string type;
    std::ifstream(folder + "level") >> its_level;
    std::ifstream(folder + "type") >> type;
    std::ifstream(folder + "size") >> kibibytes;
    if (its_level == level && type != "Instruction" && kibibytes > 0) return kibibytes << 10;
  }
  return otherwise;
}

MemoryLevel MeasureLevel(const char* name, int64_t capacity, int64_t bytes_per_thread,
                         int threads) {
  std::vector<std::unique_ptr<Buffer>> buffers;
  for (int i = 0; i < threads; ++i) buffers.push_back(std::make_unique<Buffer>(bytes_per_thread));
  return {.name = name,
          .capacity = capacity,
          .read = BestRate(threads, [&](int thread) { return buffers[thread]->Read(); }),
          .copy = BestRate(threads, [&](int thread) { return buffers[thread]->Copy(); })};
}

}  // namespace

int64_t OwnCacheBytes() { return CacheBytes(2, 512 << 10); }

Ceilings MeasureCeilings(int threads) {
  const int64_t l1 = CacheBytes(1, 32 << 10);
  const int64_t l2 = OwnCacheBytes();
  const int64_t l3 = std::max(CacheBytes(3, 8 << 20), 2 * l2);
  Ceilings ceilings = {.threads = threads};
  ceilings.flops32 = BestRate(threads, [](int) {
    float seed[2] = {0.5f, 0.25f};
    return static_cast<double>(simd::FmaFloat(kFmaRounds, seed));
  });
  ceilings.flops64 = BestRate(threads, [](int) {
    double seed[2] = {0.5, 0.25};
    return static_cast<double>(simd::FmaDouble(kFmaRounds, seed));
  });
  // Half of each cache, so that nothing else drives the data out; memory well beyond the last one.
  ceilings.levels = {
      MeasureLevel("L1", l1 * threads, l1 / 2, threads),
      MeasureLevel("L2", l2 * threads, l2 / 2, threads),
      MeasureLevel("L3", l3, std::max(l3 / 8 / threads, 2 * l2), threads),
      MeasureLevel("memory", INT64_MAX, std::max(2 * l3, int64_t{64} << 20) / threads, threads)};
  return ceilings;
}

Bound BoundOf(const Ceilings& ceilings, DType dtype, double flops, double bytes, double written) {
  const double peak = dtype == DType::kFloat64 ? ceilings.flops64 : ceilings.flops32;
  const Bound compute = {.seconds = flops / peak, .name = "fma"};
  size_t level = 0;
  while (bytes > static_cast<double>(ceilings.levels[level].capacity)) ++level;
  const MemoryLevel& memory = ceilings.levels[level];
  const double copied = std::min(2 * written, bytes);
  const double seconds = copied / memory.copy + (bytes - copied) / memory.read;
  return compute.seconds > seconds ? compute : Bound{.seconds = seconds, .name = memory.name};
}

std::string InstructionSet() {
  const std::string target = simd::TargetName();
  if (target.starts_with("AVX3")) return "avx512";
  std::string name;
  for (char letter : target) name += static_cast<char>(std::tolower(letter));
  return name;
}

void LimitInstructionSet(const std::string& name) {
  // Of Highway's targets, those with lower bits are better.
  const std::map<std::string, int64_t> worst = {
      {"avx512", HWY_AVX3}, {"avx2", HWY_AVX2}, {"emu128", HWY_EMU128}};
  const auto found = worst.find(name);
  if (found == worst.end()) {
    Fail(ErrorCode::kValue, {.where = "bench",
                             .given = Cat("instruction set '", name, "'"),
                             .need = "avx512, avx2 or emu128"});
  }
  // Targets like AVX3_DL extend AVX3 and stay.
  if (found->second != HWY_AVX3) hwy::DisableTargets(found->second - 1);
}

void FmaYardstick() {
  float seed[2] = {0.5f, 0.25f};
  simd::FmaFloat(kFmaRounds, seed);
}

void CopyYardstick() {
  static Buffer buffer(CacheBytes(1, 32 << 10) / 2);
  buffer.Copy();
}

void CallYardstick() {
  using Sizes = std::vector<int64_t>;
  static const std::vector<std::function<int64_t(int64_t)>> functions = {
      [](int64_t size) { return size + 1; }, [](int64_t size) { return size ^ 5; },
      [](int64_t size) { return size < 9 ? size : size - 8; }};
  auto a = std::make_shared<const Sizes>(Sizes{2, 3, 5});
  auto b = a;
  for (int call = 0; call < kCalls; ++call) {
    const auto sizes = std::make_shared<Sizes>(a->size());
    for (size_t i = 0; i < sizes->size(); ++i) {
      (*sizes)[i] = (*a)[i] == (*b)[i] ? functions[i]((*a)[i]) : (*b)[i];
    }
    b = std::exchange(a, sizes);
  }
  [[maybe_unused]] volatile int64_t keep = a->back();  // Work that nobody reads would not be done.
}

}  // namespace prova

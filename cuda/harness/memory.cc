#include "cuda/harness/memory.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace prova::cuda::harness {
namespace {

constexpr unsigned char kFillByte = 0xFF, kSentinelByte = 0xFD;

thread_local Placement current_placement = Placement::kStart;

/// One buffer: forbidden page, whole pages that hold it, forbidden page.
struct Buffer {
  char* pages;  // what may be touched
  size_t page_bytes;
  size_t bytes;
};

size_t PageSize() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

class DeviceMemory {
 public:
  void* Allocate(size_t bytes) {
    std::lock_guard lock(mutex_);
    if (bytes > total_ - std::min(used_, total_)) return nullptr;
    const size_t page = PageSize();
    const size_t page_bytes = std::max<size_t>((bytes + page - 1) / page * page, page);
    void* all = mmap(nullptr, page_bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return nullptr;
    char* pages = static_cast<char*>(all) + page;
    if (mprotect(pages, page_bytes, PROT_READ | PROT_WRITE) != 0) {
      munmap(all, page_bytes + 2 * page);
      return nullptr;
    }
    char* start = current_placement == Placement::kEnd ? pages + page_bytes - bytes : pages;
    std::memset(pages, kSentinelByte, page_bytes);
    std::memset(start, kFillByte, bytes);
    buffers_[start] = {pages, page_bytes, bytes};
    used_ += bytes;
    return start;
  }

  void Free(void* start) {
    std::lock_guard lock(mutex_);
    const auto found = buffers_.find(static_cast<char*>(start));
    const Buffer& buffer = found->second;
    used_ -= buffer.bytes;
    munmap(buffer.pages - PageSize(), buffer.page_bytes + 2 * PageSize());
    buffers_.erase(found);
  }

  size_t total() {
    std::lock_guard lock(mutex_);
    return total_;
  }
  size_t free() {
    std::lock_guard lock(mutex_);
    return total_ - std::min(used_, total_);
  }
  void SetTotal(size_t bytes) {
    std::lock_guard lock(mutex_);
    total_ = bytes;
  }

  /// The first buffer whose sentinels have changed, mended, in words; empty where all hold.
  std::string Damage() {
    std::lock_guard lock(mutex_);
    for (auto& [start, buffer] : buffers_) {
      for (char* byte = buffer.pages; byte < buffer.pages + buffer.page_bytes; ++byte) {
        if (byte == start) byte += buffer.bytes;
        if (byte >= buffer.pages + buffer.page_bytes) break;
        if (static_cast<unsigned char>(*byte) == kSentinelByte) continue;
        const std::string where = Describe(byte, start, buffer);
        std::memset(buffer.pages, kSentinelByte, static_cast<size_t>(start - buffer.pages));
        char* end = start + buffer.bytes;
        std::memset(end, kSentinelByte,
                    static_cast<size_t>(buffer.pages + buffer.page_bytes - end));
        return where;
      }
    }
    return {};
  }

  /// Where an address lies, for a message.
  std::string Locate(const char* address) {
    // The fault came from a kernel, never from inside this class: the lock is free.
    std::lock_guard lock(mutex_);
    for (const auto& [start, buffer] : buffers_) {
      const size_t page = PageSize();
      if (address < buffer.pages - page || address >= buffer.pages + buffer.page_bytes + page) {
        continue;
      }
      return Describe(address, start, buffer);
    }
    return "far from every buffer";
  }

 private:
  static std::string Describe(const char* address, const char* start, const Buffer& buffer) {
    if (address < start) return Cat(start - address, " bytes before a buffer of ", buffer.bytes);
    return Cat(address - (start + buffer.bytes), " bytes behind the end of a buffer of ",
               buffer.bytes);
  }

  std::mutex mutex_;
  std::map<char*, Buffer> buffers_;
  size_t used_ = 0;
  size_t total_ = size_t{4} << 30;
};

/// Never destroyed: tensors in static storage may outlive any destruction order.
DeviceMemory& TheMemory() {
  static auto* memory = new DeviceMemory;
  return *memory;
}

thread_local const char* fault_address = nullptr;

/// Runs on the stack of the kernel's thread in place of the instruction that failed.
[[noreturn]] void AfterFault() {
  static thread_local std::string problem;
  problem = Cat("touches memory ", TheMemory().Locate(fault_address));
  ReportFault(problem.c_str());
}

/// Goes on in `AfterFault`, below the red zone of the interrupted function.
void OnFault(int, siginfo_t* info, void* context) {
  fault_address = static_cast<const char*>(info->si_addr);
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  registers[REG_RSP] = ((registers[REG_RSP] - 128) & ~int64_t{15}) - 8;
  registers[REG_RIP] = reinterpret_cast<greg_t>(&AfterFault);
}

thread_local struct sigaction before_faults;

}  // namespace

void SetPlacement(Placement placement) { current_placement = placement; }

void* AllocateBuffer(size_t bytes) { return TheMemory().Allocate(bytes); }
void FreeBuffer(void* buffer) { TheMemory().Free(buffer); }
size_t TotalMemory() { return TheMemory().total(); }
size_t FreeMemory() { return TheMemory().free(); }
void SetTotalMemory(size_t bytes) { TheMemory().SetTotal(bytes); }

void CheckSentinels(const char* op) {
  const std::string damage = TheMemory().Damage();
  if (damage.empty()) return;
  Fail(ErrorCode::kDevice, {.where = op, .given = Cat("a kernel wrote ", damage)});
}

ScopedFaults::ScopedFaults() {
  struct sigaction action {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &before_faults);
}
ScopedFaults::~ScopedFaults() { sigaction(SIGSEGV, &before_faults, nullptr); }

}  // namespace prova::cuda::harness

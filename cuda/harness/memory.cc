#include "cuda/harness/memory.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace prova::cuda::harness {
namespace {

constexpr unsigned char kFillByte = 0xFF, kSentinelByte = 0xFD;

thread_local Placement current_placement = Placement::kStart;
constinit thread_local Access current_access = Access::kNone;

/// One buffer: forbidden page, whole pages that hold it, forbidden page.
struct Buffer {
  char* pages;
  size_t page_bytes;
  char* start;
  size_t bytes;
  bool is_open = false;

  char* pages_end() const { return pages + page_bytes; }
  char* end() const { return start + bytes; }
  void Open() {
    mprotect(pages, page_bytes, PROT_READ | PROT_WRITE);
    is_open = true;
  }
  void Close() {
    mprotect(pages, page_bytes, PROT_NONE);
    is_open = false;
  }
};

size_t PageSize() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

/// The first byte in begin..end that is no sentinel; `end` where all are.
const char* FirstChange(const char* begin, const char* end) {
  return std::find_if(begin, end,
                      [](char c) { return static_cast<unsigned char>(c) != kSentinelByte; });
}

/// Where an address lies beside or in a buffer, in words.
std::string Describe(const char* address, const Buffer& buffer) {
  if (address < buffer.start) {
    return Cat(buffer.start - address, " bytes before a buffer of ", buffer.bytes, " bytes");
  }
  if (address < buffer.end()) {
    return Cat(address - buffer.start, " bytes into a buffer of ", buffer.bytes, " bytes");
  }
  return Cat(address - buffer.end(), " bytes behind the end of a buffer of ", buffer.bytes,
             " bytes");
}

class DeviceMemory {
 public:
  void* Allocate(size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > total_ - std::min(used_, total_)) return nullptr;
    const size_t page = PageSize();
    const size_t page_bytes = std::max<size_t>((bytes + page - 1) / page * page, page);
    void* all = mmap(nullptr, page_bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return nullptr;
    char* pages = static_cast<char*>(all) + page;
    char* start = current_placement == Placement::kEnd ? pages + page_bytes - bytes : pages;
    Buffer& buffer = buffers_[pages] = {pages, page_bytes, start, bytes};
    buffer.Open();
    std::memset(pages, kSentinelByte, page_bytes);
    std::memset(start, kFillByte, bytes);
    buffer.Close();
    used_ += bytes;
    return start;
  }

  void Free(void* start) {
    const std::lock_guard lock(mutex_);
    const auto found = Find(static_cast<char*>(start));
    const Buffer& buffer = found->second;
    if (buffer.is_open) std::erase(open_, &buffer);
    used_ -= buffer.bytes;
    munmap(buffer.pages - PageSize(), buffer.page_bytes + 2 * PageSize());
    buffers_.erase(found);
  }

  size_t total() {
    const std::lock_guard lock(mutex_);
    return total_;
  }
  size_t free() {
    const std::lock_guard lock(mutex_);
    return total_ - std::min(used_, total_);
  }
  void SetTotal(size_t bytes) {
    const std::lock_guard lock(mutex_);
    total_ = bytes;
  }

  /// Opens the buffer in whose pages an address lies; false where there is none.
  bool OpenAt(const char* address) {
    const std::lock_guard lock(mutex_);
    const auto found = Find(address);
    if (found == buffers_.end()) return false;
    Buffer& buffer = found->second;
    if (address < buffer.pages || address >= buffer.pages_end()) return false;
    if (buffer.is_open) return true;  // by another processor thread, since
    buffer.Open();
    open_.push_back(&buffer);
    return true;
  }

  /// Closes all buffers, sentinels mended; what the first damage was, in words, or nothing.
  std::string CloseAll() {
    const std::lock_guard lock(mutex_);
    std::string damage;
    for (Buffer* buffer : open_) {
      Check(buffer->pages, buffer->start, *buffer, damage);
      Check(buffer->end(), buffer->pages_end(), *buffer, damage);
      buffer->Close();
    }
    open_.clear();
    return damage;
  }

  /// In words; empty where the address is none of this memory's.
  std::string Locate(const char* address) {
    const std::lock_guard lock(mutex_);
    const auto found = Find(address);
    return found == buffers_.end() ? "" : Describe(address, found->second);
  }

 private:
  using Buffers = std::map<const char*, Buffer>;  // by their pages

  static void Check(char* begin, char* end, const Buffer& buffer, std::string& damage) {
    const char* change = FirstChange(begin, end);
    if (change == end) return;
    if (damage.empty()) damage = Describe(change, buffer);
    std::memset(begin, kSentinelByte, static_cast<size_t>(end - begin));
  }

  /// The buffer in or beside whose pages an address lies.
  Buffers::iterator Find(const char* address) {
    auto found = buffers_.upper_bound(address + PageSize());
    if (found == buffers_.begin()) return buffers_.end();
    --found;
    return address < found->second.pages_end() + PageSize() ? found : buffers_.end();
  }

  std::mutex mutex_;
  Buffers buffers_;
  std::vector<Buffer*> open_;
  size_t used_ = 0;
  size_t total_ = size_t{4} << 30;
};

/// Never destroyed: tensors in static storage may outlive any destruction order.
DeviceMemory& TheMemory() {
  static auto* memory = new DeviceMemory;
  return *memory;
}

/// What a kernel did, for `AfterFault`.
struct Fault {
  const char* address;
  bool is_write;
};
constinit thread_local Fault fault{};

std::string DescribeFault() {
  const std::string where = TheMemory().Locate(fault.address);
  return Cat(fault.is_write ? "writes " : "reads ",
             where.empty() ? "memory far from every buffer" : where);
}

/// Runs on the stack of the kernel's thread in place of the instruction that failed. It owns
/// nothing: that stack is left as it is.
[[noreturn]] void AfterFault() {
  static thread_local std::string problem;
  problem = DescribeFault();
  ReportFault(problem.c_str());
}

struct sigaction before_faults;

/// Lets the instruction fail again, for who handled such faults before.
void PassOn() { sigaction(SIGSEGV, &before_faults, nullptr); }

void OnFault(int, siginfo_t* info, void* context) {
  const char* address = static_cast<const char*>(info->si_addr);
  if (current_access != Access::kNone && TheMemory().OpenAt(address)) return;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  if (current_access == Access::kKernel) {
    constexpr int kWriteBit = 2;  // of a page fault's error code
    fault = {address, (registers[REG_ERR] & kWriteBit) != 0};
    // Go on in AfterFault, below the red zone of the interrupted function.
    registers[REG_RSP] = ((registers[REG_RSP] - 128) & ~int64_t{15}) - 8;
    registers[REG_RIP] = reinterpret_cast<greg_t>(&AfterFault);
    return;
  }
  const std::string where = TheMemory().Locate(address);
  if (!where.empty()) {
    const std::string message = Cat("The processor touches memory of a device, ", where,
                                    ": take a copy with to(x, kCpu).\n");
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  }
  PassOn();
}

/// Once, for all threads.
void CatchFaults() {
  struct sigaction action {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &before_faults);
}

}  // namespace

void SetPlacement(Placement placement) { current_placement = placement; }

void* AllocateBuffer(size_t bytes) {
  static std::once_flag once;
  std::call_once(once, CatchFaults);
  return TheMemory().Allocate(bytes);
}
void FreeBuffer(void* buffer) { TheMemory().Free(buffer); }
size_t TotalMemory() { return TheMemory().total(); }
size_t FreeMemory() { return TheMemory().free(); }
void SetTotalMemory(size_t bytes) { TheMemory().SetTotal(bytes); }

void CheckSentinels(const char* op) {
  const std::string damage = TheMemory().CloseAll();
  if (damage.empty()) return;
  Fail(ErrorCode::kDevice, {.where = op, .given = Cat("a kernel wrote ", damage)});
}

ScopedAccess::ScopedAccess(Access access) { current_access = access; }
ScopedAccess::~ScopedAccess() {
  current_access = Access::kNone;
  TheMemory().CloseAll();
}

}  // namespace prova::cuda::harness

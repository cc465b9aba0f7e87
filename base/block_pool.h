#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace prova {

/// Blocks of one size that this thread gave back, kept for its next requests: for what comes and
/// goes with every call of an operation. A program under AddressSanitizer keeps none, so that it
/// sees a block used after its end.
template <size_t size>
class ThreadBlocks {
 public:
  /// Errors: std::bad_alloc.
  static void* Take() {
    if (first_ == nullptr) return ::operator new(size);
    ++room_;
    return std::exchange(first_, first_->next);
  }

  /// The block may come from another thread.
  static void GiveBack(void* block) noexcept {
    if (room_ == 0 && !Open()) return ::operator delete(block, size);
    --room_;
    first_ = new (block) Block{first_};
  }

  static int CountKept() { return is_open_ ? kMostBlocks - room_ : 0; }

 private:
  static_assert(size >= sizeof(void*));
#ifdef __SANITIZE_ADDRESS__
  static constexpr int kMostBlocks = 0;
#else
  static constexpr int kMostBlocks = 256;
#endif

  struct Block {
    Block* next;
  };

  /// Made by the first block that a thread gives back, and the end of what the thread keeps: what
  /// is given back later goes to the system.
  struct Life {
    Life() {
      is_open_ = true;
      room_ = kMostBlocks;
    }
    ~Life() {
      is_open_ = false;
      room_ = 0;
      while (first_ != nullptr) ::operator delete(std::exchange(first_, first_->next), size);
    }
  };

  /// Whether there is room, now that the thread has begun to keep blocks.
  [[gnu::cold, gnu::noinline]] static bool Open() noexcept {
    static thread_local Life life;
    return room_ > 0;
  }

  // Plain data, so that no access has to ask whether it is the first.
  static constinit inline thread_local Block* first_ = nullptr;
  static constinit inline thread_local int room_ = 0;
  static constinit inline thread_local bool is_open_ = false;
};

/// The allocator of such blocks, for one object at a time: that of `std::allocate_shared`.
template <typename T>
struct PooledAllocator {
  using value_type = T;
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

  PooledAllocator() = default;
  template <typename Other>
  PooledAllocator(const PooledAllocator<Other>&) {}

  T* allocate(size_t) { return static_cast<T*>(ThreadBlocks<sizeof(T)>::Take()); }
  void deallocate(T* block, size_t) noexcept { ThreadBlocks<sizeof(T)>::GiveBack(block); }

  bool operator==(const PooledAllocator&) const = default;
};

/// As `std::make_shared`, in a block that this thread may have kept.
template <typename T, typename... Args>
std::shared_ptr<T> MakePooled(Args&&... args) {
  return std::allocate_shared<T>(PooledAllocator<T>(), std::forward<Args>(args)...);
}

}  // namespace prova

#include "base/block_pool.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace prova {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int kMostBlocks = 0;  // each is freed at once, so that its use is seen
#else
constexpr int kMostBlocks = 256;
#endif

// Each test has a size of its own: what one keeps, another does not see.

TEST(BlockPoolTest, BlocksInUseDoNotOverlap) {
  using Blocks = ThreadBlocks<40>;
  std::vector<unsigned char*> blocks;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 1000; ++i) {
      blocks.push_back(static_cast<unsigned char*>(Blocks::Take()));
      std::memset(blocks.back(), i % 251, 40);
    }
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(blocks[i][0], i % 251);
      ASSERT_EQ(blocks[i][39], i % 251);
      Blocks::GiveBack(blocks[i]);
    }
    blocks.clear();
  }
}

TEST(BlockPoolTest, ABoundedNumberServesTheNextRequestsLastOneFirst) {
  using Blocks = ThreadBlocks<1064>;
  std::vector<void*> blocks;
  for (int i = 0; i < 1000; ++i) blocks.push_back(Blocks::Take());
  for (void* block : blocks) Blocks::GiveBack(block);
  EXPECT_EQ(Blocks::CountKept(), kMostBlocks);
  for (int i = kMostBlocks - 1; i >= 0; --i) EXPECT_EQ(Blocks::Take(), blocks[i]);
  EXPECT_EQ(Blocks::CountKept(), 0);
  for (int i = 0; i < kMostBlocks; ++i) Blocks::GiveBack(blocks[i]);
}

TEST(BlockPoolTest, ABlockMayBeGivenBackByAnotherThread) {
  using Blocks = ThreadBlocks<1080>;
  void* block = Blocks::Take();
  std::thread([&] {
    Blocks::GiveBack(block);
    EXPECT_EQ(Blocks::CountKept(), std::min(kMostBlocks, 1));
  }).join();
  EXPECT_EQ(Blocks::CountKept(), 0);
}

/// Gives its block back when the thread has already let go of its kept ones: it was made first.
struct Late {
  void* block = nullptr;
  ~Late() {
    if (block == nullptr) return;
    ThreadBlocks<1096>::GiveBack(block);
    kept_after = ThreadBlocks<1096>::CountKept();
  }
  static inline int kept_after = -1;
};

TEST(BlockPoolTest, NothingIsKeptByAThreadThatEnds) {
  std::thread([] {
    static thread_local Late late;
    late.block = ThreadBlocks<1096>::Take();
    ThreadBlocks<1096>::GiveBack(ThreadBlocks<1096>::Take());
  }).join();
  EXPECT_EQ(Late::kept_after, 0);
}

TEST(BlockPoolTest, PooledObjectsLiveAsLongAsTheirPointers) {
  struct Counted {
    explicit Counted(int* alive) : alive(alive) { ++*alive; }
    ~Counted() { --*alive; }
    int* alive;
  };
  int alive = 0;
  std::weak_ptr<Counted> weak;
  {
    const auto one = MakePooled<Counted>(&alive);
    const auto other = MakePooled<Counted>(&alive);
    EXPECT_EQ(alive, 2);
    weak = one;
    EXPECT_EQ(weak.lock(), one);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(weak.lock(), nullptr);
}

}  // namespace
}  // namespace prova

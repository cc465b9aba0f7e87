#include "ops/common/block_grid.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/parallel_for.h"

namespace prova {
namespace {

/// Tiles of float32 with AVX2, with AVX-512, and one of float64.
constexpr TileSizes kTiles[] = {{6, 16, 16}, {8, 48, 16}, {6, 8, 8}};
constexpr PackedOperands kPacks[] = {{false, false}, {false, true}, {true, false}, {true, true}};

/// Calls `check(sizes, tile, packs)` for tall, wide, odd and square products, few and many terms.
template <typename Check>
void ForEachProduct(Check check) {
  for (const int64_t batches : {1, 3}) {
    for (const int64_t m : {1, 6, 7, 64, 127, 128, 1000}) {
      for (const int64_t n : {1, 15, 16, 17, 131, 512, 784}) {
        for (const int64_t k : {0, 1, 129, 4096}) {
          for (const TileSizes& tile : kTiles) {
            for (const PackedOperands& packs : kPacks) check({batches, m, n, k}, tile, packs);
          }
        }
      }
    }
  }
}

TEST(BlockGrid, CoversEveryElementOnceInWholeTilesAndLines) {
  for (const int threads : {1, 2, 3, 16}) {
    const ScopedNumThreads scoped(threads);
    ForEachProduct([&](const ProductSizes& of, const TileSizes& tile, const PackedOperands& packs) {
      const BlockGrid grid(of, tile, packs);
      std::vector<int> covered(of.m * of.n, 0);
      for (int64_t block = 0; block < grid.count(); ++block) {
        const auto rows = grid.Rows(block), cols = grid.Cols(block);
        ASSERT_GT(rows.size(), 0);
        ASSERT_GT(cols.size(), 0);
        ASSERT_LE(rows.size(), grid.MostRows());
        ASSERT_LE(cols.size(), grid.MostCols());
        ASSERT_EQ(rows.first % tile.rows, 0);
        ASSERT_EQ(cols.first % tile.line, 0);
        for (int64_t i = rows.first; i < rows.last; ++i) {
          for (int64_t j = cols.first; j < cols.last; ++j) ++covered[i * of.n + j];
        }
      }
      ASSERT_TRUE(std::all_of(covered.begin(), covered.end(), [](int n) { return n == 1; }))
          << of.m << " x " << of.n << " x " << of.k;
    });
  }
}

/// The elements of y in the first and in the second half of the blocks: what two threads begin
/// with.
std::vector<int64_t> Halves(const BlockGrid& grid) {
  std::vector<int64_t> halves(2);
  for (int64_t block = 0; block < grid.count(); ++block) {
    halves[2 * block / grid.count()] += grid.Rows(block).size() * grid.Cols(block).size();
  }
  return halves;
}

TEST(BlockGrid, GivesTwoThreadsHalvesThatDifferByATileAtMost) {
  const ScopedNumThreads two(2);
  ForEachProduct([&](const ProductSizes& of, const TileSizes& tile, const PackedOperands& packs) {
    const BlockGrid grid(of, tile, packs);
    if (of.batches > 1 || grid.count() < 2) return;
    const std::vector<int64_t> halves = Halves(grid);
    const int64_t slack = std::max(tile.rows * of.n, tile.line * of.m);
    EXPECT_LE(std::max(halves[0], halves[1]) - std::min(halves[0], halves[1]), slack)
        << of.m << " x " << of.n << " x " << of.k << " in " << grid.count() << " blocks";
  });
}

TEST(BlockGrid, OneThreadAndLittleWorkAreOneBlock) {
  const ProductSizes large = {1, 1000, 784, 4096};
  const auto count = [](int threads, const ProductSizes& of) {
    const ScopedNumThreads scoped(threads);
    return BlockGrid(of, kTiles[0], {}).count();
  };
  EXPECT_EQ(count(1, large), 1);
  EXPECT_EQ(count(2, large), 8);
  EXPECT_EQ(count(2, {1, 32, 32, 32}), 1);
  EXPECT_EQ(count(2, {8, 1000, 784, 4096}), 1) << "a batch shares out evenly as it is";
}

TEST(BlockGrid, CutsColumnsOfATransposedBAndRowsOfAPackedA) {
  const ScopedNumThreads two(2);
  const ProductSizes tall = {1, 1000, 784, 512};
  const BlockGrid transposed_b(tall, kTiles[0], {.a = false, .b = true});
  EXPECT_EQ(transposed_b.Rows(0).size(), tall.m);
  const BlockGrid packed_a({1, 2000, 784, 512}, kTiles[0], {.a = true, .b = false});
  EXPECT_EQ(packed_a.Cols(0).size(), 784);
}

}  // namespace
}  // namespace prova

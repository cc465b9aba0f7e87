#include "base/philox.h"

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing.h"

namespace prova {
namespace {

TEST(PhiloxTest, GivesTheKnownAnswersOfTheRandom123Library) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PhiloxTest, GivesEveryKnownAnswerOfTheVectorFile) {
  const std::string folder = TestDataFolder();
  if (folder.empty()) GTEST_SKIP() << "PROVA_TEST_DATA is not set";
  std::ifstream file(folder + "/vectors/random123/kat_vectors");
  ASSERT_TRUE(file) << "no vectors/random123/kat_vectors in " << folder;
  std::set<int> rounds_seen;
  int checked = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    int rounds = 0;
    if (!(words >> name) || name != "philox4x32") continue;
    PhiloxCounter counter, expected;
    PhiloxKey key;
    words >> std::dec >> rounds >> std::hex;
    for (uint32_t& word : counter) words >> word;
    for (uint32_t& word : key) words >> word;
    for (uint32_t& word : expected) words >> word;
    ASSERT_TRUE(words) << line;
    EXPECT_EQ(Philox4x32(counter, key, rounds), expected) << line;
    rounds_seen.insert(rounds);
    ++checked;
  }
  EXPECT_EQ(checked, 6);
  EXPECT_EQ(rounds_seen, (std::set<int>{7, 10}));
}

TEST(PhiloxTest, BlocksArePureFunctionsOfTheirIndex) {
  Rng rng(7, 9);
  const PhiloxBlocks blocks = rng.Take(10);
  EXPECT_EQ(rng.position(), 10u);
  const PhiloxBlocks next = rng.Take(1);
  EXPECT_EQ(blocks[10], next[0]);
  EXPECT_EQ(Rng(7, 9, 4).Take(1)[0], blocks[4]);
}

TEST(PhiloxTest, SeedStreamAndPositionFillTheKeyAndTheCounter) {
  const PhiloxBlocks blocks =
      Rng(0x1111222233334444, 0x5555666677778888, 0x9999aaaaffffffff).Take(2);
  const PhiloxKey key = {0x33334444, 0x11112222};
  EXPECT_EQ(blocks[0], Philox4x32({0xffffffff, 0x9999aaaa, 0x77778888, 0x55556666}, key));
  EXPECT_EQ(blocks[1], Philox4x32({0, 0x9999aaab, 0x77778888, 0x55556666}, key));
}

TEST(PhiloxTest, UniformNumbersLieInTheHalfOpenUnitInterval) {
  EXPECT_EQ(UniformFloat(0), 0.0f);
  EXPECT_EQ(UniformFloat(0xffffffff), 1.0f - 0x1p-24f);
  EXPECT_EQ(UniformFloat(0x80000000), 0.5f);
  EXPECT_EQ(UniformDouble(0, 0), 0.0);
  EXPECT_EQ(UniformDouble(0xffffffff, 0xffffffff), 1.0 - 0x1p-53);
  EXPECT_EQ(UniformDouble(0x80000000, 0), 0.5);
  EXPECT_EQ(UniformDouble(0, 0x00000800), 0x1p-53);
}

TEST(RngTest, BelowIsUniform) {
  Rng rng(1);
  constexpr int kBins = 10, kDraws = 100000;
  std::vector<int> counts(kBins, 0);
  for (int i = 0; i < kDraws; ++i) {
    const uint64_t draw = rng.Below(kBins);
    ASSERT_LT(draw, uint64_t{kBins});
    ++counts[draw];
  }
  // A count is binomial; five standard deviations.
  const double p = 1.0 / kBins;
  for (int count : counts) EXPECT_NEAR(count, kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)));
}

TEST(RngTest, BelowHasNoBiasTowardsSmallNumbers) {
  // Of n = 3/4 of 2^64, a plain remainder would give the lowest third half of the draws.
  Rng rng(2);
  constexpr uint64_t kThird = uint64_t{1} << 62;
  constexpr int kDraws = 10000;
  int low = 0;
  for (int i = 0; i < kDraws; ++i) low += rng.Below(3 * kThird) < kThird;
  EXPECT_NEAR(low, kDraws / 3.0, 5 * std::sqrt(kDraws * (1.0 / 3) * (2.0 / 3)));
  EXPECT_GT(rng.position(), uint64_t{kDraws});
}

TEST(RngTest, BelowOneIsZeroAndBelowZeroIsAnError) {
  Rng rng(3);
  EXPECT_EQ(rng.Below(1), 0u);
  ExpectError(ErrorCode::kValue, "Rng::Below: n of 0; need n >= 1", [&] { rng.Below(0); });
}

TEST(RngTest, SplitGivesDifferentGeneratorsThatAreReproducible) {
  Rng parent(11), again(11);
  std::set<PhiloxCounter> blocks;
  for (int i = 0; i < 50; ++i) {
    Rng child = parent.Split(), same = again.Split();
    EXPECT_EQ(child.Take(1)[0], same.Take(1)[0]);
    Rng grandchild = child.Split();
    blocks.insert(child.Take(1)[0]);
    blocks.insert(grandchild.Take(1)[0]);
    blocks.insert(parent.Take(1)[0]);
    again.Take(1);
  }
  EXPECT_EQ(blocks.size(), 150u);
}

TEST(RngTest, ACopyContinuesFromTheSameState) {
  Rng rng(5);
  rng.Take(3);
  Rng copy = rng;
  EXPECT_EQ(copy.Take(1)[0], rng.Take(1)[0]);
  EXPECT_EQ(copy.position(), 4u);
  EXPECT_EQ(copy.seed(), 5u);
  EXPECT_EQ(copy.stream(), 0u);
}

}  // namespace
}  // namespace prova

#include "vision/split.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "base/testing.h"

namespace prova {
namespace {

std::vector<uint8_t> Labels(const std::vector<int>& counts) {
  std::vector<uint8_t> labels;
  for (size_t label = 0; label < counts.size(); ++label) {
    labels.insert(labels.end(), counts[label], static_cast<uint8_t>(label));
  }
  // Interleaved, so that position tells nothing about the class.
  std::vector<uint8_t> mixed(labels.size());
  const size_t step = 7919;
  for (size_t i = 0; i < labels.size(); ++i) mixed[i] = labels[i * step % labels.size()];
  return mixed;
}

std::vector<int> Counts(std::span<const uint8_t> labels, const std::vector<int64_t>& indices) {
  std::vector<int> counts(10);
  for (int64_t i : indices) ++counts[labels[i]];
  return counts;
}

// The classes of MNIST's 10,000 test digits, whose floors alone add up to 1,996.
const std::vector<int> kMnist = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};

TEST(StratifiedSplitTest, PartsAreDisjointAndCoverAll) {
  const auto labels = Labels(kMnist);
  const IndexSplit split = stratified_split(labels, {});
  std::vector<int64_t> all = split.train;
  all.insert(all.end(), split.test.begin(), split.test.end());
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
  EXPECT_TRUE(std::is_sorted(split.test.begin(), split.test.end()));
  std::sort(all.begin(), all.end());
  std::vector<int64_t> expected(labels.size());
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST(StratifiedSplitTest, RemaindersGoToTheLargest) {
  const auto labels = Labels(kMnist);
  const IndexSplit split = stratified_split(labels, {});
  EXPECT_EQ(split.train.size(), 8000u);
  EXPECT_EQ(split.test.size(), 2000u);
  // Remainders of 5: 0 0 2 0 2 2 3 3 4 4; the four largest belong to 6, 7, 8 and 9.
  EXPECT_EQ(Counts(labels, split.test),
            (std::vector<int>{196, 227, 206, 202, 196, 178, 192, 206, 195, 202}));
}

TEST(StratifiedSplitTest, TiesGoToTheLowerClass) {
  const auto labels = Labels({3, 3, 3, 3});  // 12 / 5 rounds to 2.
  EXPECT_EQ(Counts(labels, stratified_split(labels, {}).test),
            (std::vector<int>{1, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(StratifiedSplitTest, TheSeedDecides) {
  const auto labels = Labels(kMnist);
  const auto once = stratified_split(labels, {.seed = 3});
  EXPECT_EQ(once.test, stratified_split(labels, {.seed = 3}).test);
  EXPECT_NE(once.test, stratified_split(labels, {.seed = 4}).test);
}

TEST(StratifiedSplitTest, TheChoiceIsSpreadOverAClass) {
  const std::vector<uint8_t> labels(5000, 0);
  const auto split = stratified_split(labels, {.classes = 1});
  ASSERT_EQ(split.test.size(), 1000u);
  const double mean = std::accumulate(split.test.begin(), split.test.end(), 0.0) / 1000;
  // The mean of 1,000 of 0..4999 deviates by about 41; eight times that.
  EXPECT_NEAR(mean, 2499.5, 330);
}

TEST(StratifiedSplitTest, Refuses) {
  const std::vector<uint8_t> labels = {0, 1, 7};
  ExpectError(ErrorCode::kIndex, "stratified_split: label 7 of example 2; need 0..4",
              [&] { stratified_split(labels, {.classes = 5}); });
  ExpectError(ErrorCode::kValue,
              "stratified_split: classes 10, one_in 1; need classes in 1..256 and one_in >= 2",
              [&] { stratified_split(labels, {.one_in = 1}); });
}

}  // namespace
}  // namespace prova

#include "examples/digits/batches.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "tensor/create.h"

namespace prova::digits {
namespace {

TEST(EpochOrderTest, IsAPermutationOfSeedAndEpochAlone) {
  const auto order = EpochOrder(1, 1, 100);
  EXPECT_EQ(order, EpochOrder(1, 1, 100));
  EXPECT_NE(order, EpochOrder(1, 2, 100));
  EXPECT_NE(order, EpochOrder(2, 1, 100));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> all(100);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
}

TEST(GatherTest, TakesTheExamplesInOrder) {
  const LabelledImages from{from_vector<float>({0, 1, 2, 3, 4, 5}, {3, 1, 1, 2}),
                            from_vector<int64_t>({7, 8, 9}, {3})};
  const std::vector<int64_t> indices = {2, 0};
  const LabelledImages picked = Gather(from, indices);
  EXPECT_EQ(picked.images.shape(), (Shape{2, 1, 1, 2}));
  EXPECT_EQ(picked.images.to_vector<float>(), (std::vector<float>{4, 5, 0, 1}));
  EXPECT_EQ(picked.labels.to_vector<int64_t>(), (std::vector<int64_t>{9, 7}));
}

TEST(ChecksumTest, SeesEveryPart) {
  auto make = [] {
    const LabelledImages part{zeros({2, 1, 2, 2}), zeros({2}, {.dtype = DType::kInt64})};
    const LabelledImages other{ones({2, 1, 2, 2}), zeros({2}, {.dtype = DType::kInt64})};
    return Digits{.train = part, .test = other};
  };
  const uint32_t sum = Checksum(make());
  EXPECT_EQ(sum, Checksum(make()));
  Digits digits = make();
  digits.train.images.mutable_data<float>()[3] = 1;
  EXPECT_NE(sum, Checksum(digits));
  digits = make();
  digits.test.labels.mutable_data<int64_t>()[1] = 1;
  EXPECT_NE(sum, Checksum(digits));
}

}  // namespace
}  // namespace prova::digits

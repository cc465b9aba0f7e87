#include "tensor/storage.h"

#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "tensor/create.h"
#include "tensor/tensor.h"

namespace prova {
namespace {

void CountRelease(void* owner) { ++*static_cast<int*>(owner); }

/// A tensor over `values`, which count in `released` when nobody reads them any more.
Tensor Over(float (&values)[4], bool read_only, int& released) {
  return Tensor(std::make_shared<Storage>(ForeignMemory{.data = values,
                                                        .bytes = sizeof(values),
                                                        .read_only = read_only,
                                                        .owner = &released,
                                                        .release = CountRelease}),
                DType::kFloat32, {4}, {1}, 0);
}

TEST(ForeignMemoryTest, IsReadAndWrittenWhereItLies) {
  float values[4] = {1, 2, 3, 4};
  int released = 0;
  const Tensor x = Over(values, /*read_only=*/false, released);
  EXPECT_EQ(x.raw_data(), values);
  EXPECT_EQ(x.storage()->bytes(), sizeof(values));
  EXPECT_EQ(x.device(), kCpu);
  const int64_t before = x.storage()->version();
  assign(x, tensor({5, 6, 7, 8}));
  EXPECT_EQ(values[2], 7);
  EXPECT_GT(x.storage()->version(), before);
  values[0] = 9;
  EXPECT_EQ(x.to_vector<float>()[0], 9);
}

TEST(ForeignMemoryTest, IsReleasedOnceWithTheLastTensorOverIt) {
  float values[4] = {};
  int released = 0;
  Tensor x = Over(values, /*read_only=*/false, released);
  Tensor alias = x.Alias();
  x = Tensor();
  EXPECT_EQ(released, 0);
  alias = Tensor();
  EXPECT_EQ(released, 1);
}

TEST(ForeignMemoryTest, MayHaveNobodyWaitingForIt) {
  float value = 3;
  const Tensor x(std::make_shared<Storage>(ForeignMemory{.data = &value, .bytes = sizeof(value)}),
                 DType::kFloat32, {}, {}, 0);
  EXPECT_EQ(x.item(), 3);
}

TEST(ForeignMemoryTest, RefusesWritesWhereItIsReadOnly) {
  float values[4] = {1, 2, 3, 4};
  int released = 0;
  const Tensor x = Over(values, /*read_only=*/true, released);
  EXPECT_TRUE(x.storage()->read_only());
  EXPECT_FALSE(zeros({1}).storage()->read_only());
  ExpectError(ErrorCode::kValue,
              "tensor: a write into memory that its owner lent for reading; need memory that may "
              "be written; copy the tensor first",
              [&] {
                assign(x, tensor({5, 6, 7, 8}));
              });
  EXPECT_THROW(x.mutable_data<float>(), Error);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(x.to_vector<int>(), (std::vector<int>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace prova

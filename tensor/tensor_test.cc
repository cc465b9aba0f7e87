#include "tensor/tensor.h"

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "tensor/create.h"
#include "tensor/view.h"

namespace prova {
namespace {

TEST(TensorTest, AHandleSharesItsValue) {
  const Tensor x = tensor({1, 2, 3});
  const Tensor y = x;
  EXPECT_EQ(y.raw_data(), x.raw_data());
  assign(view::Slice(y, 0, {.start = 1, .stop = 2}), tensor({9}));
  EXPECT_EQ(x.to_vector<int>(), (std::vector<int>{1, 9, 3}));
}

TEST(TensorTest, TellsItsGeometry) {
  const Tensor x = zeros({2, 3, 4}, {.dtype = DType::kInt16});
  EXPECT_TRUE(x.defined());
  EXPECT_EQ(x.dtype(), DType::kInt16);
  EXPECT_EQ(x.shape(), (Shape{2, 3, 4}));
  EXPECT_EQ(x.strides(), (Strides{12, 4, 1}));
  EXPECT_EQ(x.rank(), 3);
  EXPECT_EQ(x.numel(), 24);
  EXPECT_EQ(x.offset(), 0);
  EXPECT_EQ(x.device(), default_device());
  EXPECT_EQ(x.storage()->bytes(), 48u);
  EXPECT_EQ(x.size(1), 3);
  EXPECT_EQ(x.size(-1), 4);
  ExpectError(ErrorCode::kIndex, "size: axis 3 is out of range for shape [2, 3, 4]; need -3..2",
              [&] { x.size(3); });
}

TEST(TensorTest, ContiguousMeansRowMajorWithoutGaps) {
  const Tensor x = zeros({4, 6});
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_TRUE(tensor(1).is_contiguous());
  EXPECT_TRUE(view::Slice(x, 0, {.start = 1, .stop = 3}).is_contiguous());
  EXPECT_TRUE(view::Slice(x, 0, {.start = 1, .stop = 2, .step = 7}).is_contiguous());
  EXPECT_TRUE(view::Permute(zeros({1, 6}), {1, 0}).is_contiguous());
  EXPECT_TRUE(view::Slice(x, 0, {.stop = 0}).is_contiguous());
  EXPECT_TRUE(view::Expand(zeros({1, 6}), {1, 6}).is_contiguous());
  EXPECT_FALSE(view::Permute(x, {1, 0}).is_contiguous());
  EXPECT_FALSE(view::Slice(x, 1, {.stop = 5}).is_contiguous());
  EXPECT_FALSE(view::Slice(x, 0, {.step = -1}).is_contiguous());
  EXPECT_FALSE(view::Expand(zeros({1, 6}), {2, 6}).is_contiguous());
}

TEST(TensorTest, DataIsTypedAndStartsAtTheOffset) {
  const Tensor tail = view::Slice(tensor({1, 2, 3}), 0, {.start = 2});
  EXPECT_EQ(tail.data<int64_t>(), static_cast<const int64_t*>(tail.storage()->data()) + 2);
  EXPECT_EQ(tail.item<int64_t>(), 3);
  ExpectError(ErrorCode::kDType,
              "data: a tensor of int64; need float32; convert with cast(x, DType) first",
              [&] { tail.data<float>(); });
  ExpectError(ErrorCode::kDType,
              "data: a tensor of int64; need int32; convert with cast(x, DType) first",
              [&] { tail.mutable_data<int32_t>(); });
}

TEST(TensorTest, MutableDataCountsAWriteAndReadingDoesNot) {
  const Tensor x = zeros({3});
  const int64_t version = x.storage()->version();
  x.data<float>();
  x.to_vector<float>();
  view::Slice(x, 0, {.stop = 1}).item();
  EXPECT_EQ(x.storage()->version(), version);
  x.mutable_data<float>();
  EXPECT_EQ(x.storage()->version(), version + 1);
  view::Slice(x, 0, {.stop = 1}).raw_mutable_data();
  EXPECT_EQ(x.storage()->version(), version + 2);
}

TEST(TensorTest, ItemConvertsTheOneElement) {
  EXPECT_EQ(tensor(2.5).item(), 2.5);
  EXPECT_EQ(tensor({{-7}}).item<int8_t>(), -7);
  EXPECT_EQ(tensor(2.5).item<int32_t>(), 2);
  EXPECT_EQ(tensor(3).item<bool>(), true);
  EXPECT_EQ(view::Slice(arange(5), 0, {.start = 3, .stop = 4}).item<int64_t>(), 3);
  EXPECT_EQ(view::Expand(tensor(6), {1, 1}).item<float>(), 6);
  ExpectError(ErrorCode::kShape, "item: a tensor of shape [2]; need exactly one element", [] {
    tensor({1, 2}).item();
  });
  ExpectError(ErrorCode::kShape, "item: a tensor of shape [0]; need exactly one element",
              [] { empty({0}).item(); });
}

TEST(TensorTest, ToVectorWalksInRowMajorOrderAndConverts) {
  const Tensor x = tensor({{1.5, -2.5}, {300.0, 0.0}});
  EXPECT_EQ(x.to_vector<double>(), (std::vector<double>{1.5, -2.5, 300, 0}));
  EXPECT_EQ(view::Permute(x, {1, 0}).to_vector<int16_t>(), (std::vector<int16_t>{1, 300, -2, 0}));
  EXPECT_EQ(x.to_vector<bool>(), (std::vector<bool>{true, true, true, false}));
  EXPECT_EQ(x.to_vector<uint8_t>(), (std::vector<uint8_t>{1, 0, 255, 0}));
  EXPECT_EQ(empty({2, 0}).to_vector<float>(), std::vector<float>{});
}

TEST(TensorTest, AnUndefinedTensorIsAnErrorToUse) {
  const char* text =
      "tensor: an undefined tensor; need a value; make one with zeros, tensor or an operation";
  const Tensor undefined;
  EXPECT_FALSE(undefined.defined());
  ExpectError(ErrorCode::kValue, text, [&] { undefined.shape(); });
  ExpectError(ErrorCode::kValue, text, [&] { undefined.dtype(); });
  ExpectError(ErrorCode::kValue, text, [&] { undefined.raw_data(); });
  ExpectError(ErrorCode::kValue, text, [&] { undefined.item(); });
  ExpectError(ErrorCode::kValue, text, [&] { undefined.Attach(nullptr); });
}

struct Label : TensorAttachment {
  explicit Label(int number) : number(number) {}
  int number;
};

TEST(TensorTest, AnAttachmentBelongsToAllHandlesOfATensorButNotToAliases) {
  const Tensor x = zeros({2});
  const Tensor handle = x;
  EXPECT_EQ(x.attachment(), nullptr);
  x.Attach(std::make_shared<Label>(5));
  EXPECT_EQ(dynamic_cast<const Label&>(*handle.attachment()).number, 5);
  const Tensor alias = x.Alias();
  EXPECT_EQ(alias.attachment(), nullptr);
  EXPECT_EQ(alias.raw_data(), x.raw_data());
  EXPECT_EQ(alias.shape(), x.shape());
}

TEST(TensorTest, AWeakReferenceDoesNotKeepTheTensor) {
  Tensor x = zeros({2});
  const Tensor::Weak weak(x);
  EXPECT_EQ(weak.Lock().raw_data(), x.raw_data());
  x = Tensor();
  EXPECT_FALSE(weak.Lock().defined());
  EXPECT_FALSE(Tensor::Weak().Lock().defined());
}

TEST(TensorTest, LiveTensorsAreCounted) {
  const int64_t before = LiveTensorCount();
  {
    const Tensor x = zeros({2});
    const Tensor handle = x;
    EXPECT_EQ(LiveTensorCount(), before + 1);
    const Tensor view = view::Unsqueeze(x, 0);
    EXPECT_EQ(LiveTensorCount(), before + 2);
    EXPECT_THROW(view::Expand(x, {int64_t{1} << 62, 2}), Error);
    EXPECT_EQ(LiveTensorCount(), before + 2);
  }
  EXPECT_EQ(LiveTensorCount(), before);
}

TEST(AssignTest, CopiesConvertedAndBroadcastValues) {
  const Tensor target = zeros({2, 3}, {.dtype = DType::kInt32});
  assign(target, tensor({1.9, -2.9, 3.0}));
  EXPECT_EQ(target.to_vector<int>(), (std::vector<int>{1, -2, 3, 1, -2, 3}));
  assign(view::Slice(target, 1, {.step = 2}), tensor({{7}, {8}}));
  EXPECT_EQ(target.to_vector<int>(), (std::vector<int>{7, -2, 7, 8, -2, 8}));
  assign(target, tensor(0));
  EXPECT_EQ(target.to_vector<int>(), std::vector<int>(6, 0));
}

TEST(AssignTest, OverlappingSourcesAreReadBeforeTheyAreWritten) {
  for (int64_t n : {5, 100000}) {
    std::vector<int64_t> counting = arange(n).to_vector<int64_t>();
    const Tensor forward = arange(n);
    assign(view::Slice(forward, 0, {.start = 1}), view::Slice(forward, 0, {.stop = -1}));
    std::vector<int64_t> expected(counting.begin(), counting.end() - 1);
    expected.insert(expected.begin(), 0);
    EXPECT_EQ(forward.to_vector<int64_t>(), expected);

    const Tensor reversed = arange(n);
    assign(reversed, view::Slice(reversed, 0, {.step = -1}));
    EXPECT_EQ(reversed.to_vector<int64_t>(),
              std::vector<int64_t>(counting.rbegin(), counting.rend()));
  }
  const Tensor square = view::Reshape(arange(9), {3, 3});
  assign(square, view::Permute(square, {1, 0}));
  EXPECT_EQ(square.to_vector<int>(), (std::vector<int>{0, 3, 6, 1, 4, 7, 2, 5, 8}));
  assign(square, view::Slice(square, 0, {.start = 1, .stop = 2}));
  EXPECT_EQ(square.to_vector<int>(), (std::vector<int>{1, 4, 7, 1, 4, 7, 1, 4, 7}));
}

TEST(AssignTest, CountsOneWriteOfTheTargetAlone) {
  const Tensor target = zeros({3}), source = ones({3});
  const int64_t before = target.storage()->version(), source_before = source.storage()->version();
  assign(target, source);
  EXPECT_EQ(target.storage()->version(), before + 1);
  EXPECT_EQ(source.storage()->version(), source_before);
  assign(target, view::Slice(target, 0, {.step = -1}));
  EXPECT_EQ(target.storage()->version(), before + 2);
}

TEST(AssignTest, ShapesThatDoNotBroadcastAndExpandedTargetsAreErrors) {
  const Tensor target = zeros({2, 3});
  ExpectError(ErrorCode::kShape,
              "assign: shape [2] to [2, 3]; need sizes that are equal or 1, counted from the back",
              [&] {
                assign(target, tensor({1, 2}));
              });
  ExpectError(ErrorCode::kShape,
              "assign: shape [1, 2, 3] to [2, 3]; need sizes that are equal or 1, counted from the "
              "back",
              [&] {
                assign(target, zeros({1, 2, 3}));
              });
  ExpectError(ErrorCode::kValue,
              "assign: a target that is an expanded view; need elements with places of their own",
              [] {
                assign(view::Expand(zeros({1, 3}), {2, 3}), zeros({2, 3}));
              });
  EXPECT_EQ(target.to_vector<int>(), std::vector<int>(6, 0));
  assign(empty({0, 3}), zeros({3}));
}

}  // namespace
}  // namespace prova

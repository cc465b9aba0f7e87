#include "tensor/shape.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing.h"

namespace prova {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(DimsTest, HoldUpToEightValues) {
  Dims dims = {1, 2, 3};
  dims.push_back(4);
  dims.insert(0, 0);
  dims.insert(2, 9);
  EXPECT_EQ(dims, (Dims{0, 1, 9, 2, 3, 4}));
  dims.erase(2);
  dims.erase(0);
  EXPECT_EQ(dims, (Dims{1, 2, 3, 4}));
  EXPECT_EQ(dims.rank(), 4);
  EXPECT_EQ(dims.back(), 4);
  EXPECT_EQ(Dims(std::vector<int64_t>{5, 6}), (Dims{5, 6}));
  EXPECT_EQ(Dims::Filled(2, 7), (Dims{7, 7}));
  EXPECT_TRUE(Dims().empty());
}

TEST(DimsTest, EqualityComparesRankAndValues) {
  EXPECT_NE((Dims{1}), (Dims{1, 1}));
  EXPECT_NE((Dims{1, 2}), (Dims{1, 3}));
  Dims shorter = {1, 2};
  shorter.erase(1);
  EXPECT_EQ(shorter, (Dims{1}));
}

TEST(DimsTest, NineAxesAreAnError) {
  const char* text = "shape: 9 axes; need at most 8; reshape to join axes";
  Dims full = Dims::Filled(8, 1);
  ExpectError(ErrorCode::kShape, text, [&] { full.push_back(1); });
  ExpectError(ErrorCode::kShape, text, [&] { full.insert(0, 1); });
  ExpectError(ErrorCode::kShape, text, [] { Dims::Filled(9, 1); });
  ExpectError(ErrorCode::kShape, text, [] { Dims(std::vector<int64_t>(9, 1)); });
  EXPECT_EQ(full, Dims::Filled(8, 1));
}

TEST(DimsTest, PrintInBrackets) {
  EXPECT_EQ(ToString(Dims{}), "[]");
  EXPECT_EQ(ToString(Dims{-2}), "[-2]");
  EXPECT_EQ(ToString(Dims{2, 3}), "[2, 3]");
}

TEST(ShapeTest, CountsElements) {
  EXPECT_EQ(NumElements({}), 1);
  EXPECT_EQ(NumElements({2, 3, 4}), 24);
  EXPECT_EQ(NumElements({5, 0}), 0);
  EXPECT_EQ(NumElements({kMax}), kMax);
  EXPECT_EQ(NumElements({kMax, kMax, 0}), 0);
  EXPECT_EQ(NumElements({0, kMax, kMax}), 0);
}

TEST(ShapeTest, CountsBeyondInt64AndNegativeSizesAreErrors) {
  ExpectError(ErrorCode::kShape,
              "shape: the size of [4294967296, 2147483648] overflows; need at most 2^63 - 1 "
              "elements",
              [] {
                NumElements({int64_t{1} << 32, int64_t{1} << 31});
              });
  ExpectError(ErrorCode::kShape, "shape: negative size in [2, -1]; need sizes >= 0", [] {
    NumElements({2, -1});
  });
  ExpectError(ErrorCode::kShape, "shape: negative size in [0, -3]; need sizes >= 0", [] {
    NumElements({0, -3});
  });
}

TEST(ShapeTest, ContiguousStridesAreRowMajor) {
  EXPECT_EQ(ContiguousStrides({}), (Strides{}));
  EXPECT_EQ(ContiguousStrides({7}), (Strides{1}));
  EXPECT_EQ(ContiguousStrides({2, 3, 4}), (Strides{12, 4, 1}));
  EXPECT_EQ(ContiguousStrides({3, 1, 5}), (Strides{5, 5, 1}));
  EXPECT_EQ(ContiguousStrides({kMax, kMax, kMax, 0}), (Strides{1, 1, 1, 1}));
}

TEST(ShapeTest, BroadcastingFollowsNumPy) {
  const struct {
    Shape a, b, result;
  } cases[] = {
      {{}, {}, {}},
      {{3}, {}, {3}},
      {{2, 3}, {3}, {2, 3}},
      {{2, 1}, {3}, {2, 3}},
      {{8, 1, 6, 1}, {7, 1, 5}, {8, 7, 6, 5}},
      {{1}, {0}, {0}},
      {{0, 3}, {1, 1}, {0, 3}},
      {{5, 1}, {0}, {5, 0}},
  };
  for (const auto& [a, b, result] : cases) {
    EXPECT_EQ(BroadcastShapes(a, b), result) << a << b;
    EXPECT_EQ(BroadcastShapes(b, a), result) << a << b;
  }
}

TEST(ShapeTest, ShapesThatDifferNameTheAxis) {
  ExpectError(ErrorCode::kShape,
              "add: shapes [4, 2, 3] and [2, 4] differ at axis -1; need equal sizes or 1 on every "
              "axis, counted from the back",
              [] {
                BroadcastShapes({4, 2, 3}, {2, 4}, "add");
              });
  ExpectError(ErrorCode::kShape,
              "broadcast: shapes [5] and [2, 3, 4] differ at axis -1; need equal sizes or 1 on "
              "every axis, counted from the back",
              [] {
                BroadcastShapes({5}, {2, 3, 4});
              });
  ExpectError(ErrorCode::kShape,
              "broadcast: shapes [2, 3] and [0, 3] differ at axis -2; need equal sizes or 1 on "
              "every axis, counted from the back",
              [] {
                BroadcastShapes({2, 3}, {0, 3});
              });
}

TEST(ShapeTest, AxesCountFromBothEnds) {
  const Shape shape = {2, 3, 4};
  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_EQ(NormalizeAxis(axis, shape, "sum"), axis);
    EXPECT_EQ(NormalizeAxis(axis - 3, shape, "sum"), axis);
  }
  EXPECT_EQ(NormalizeAxes({-1, 0}, shape, "sum"), (Dims{0, 2}));
  EXPECT_EQ(NormalizeAxes({}, shape, "sum"), (Dims{0, 1, 2}));
  EXPECT_EQ(NormalizeAxes({}, {}, "sum"), (Dims{}));
}

TEST(ShapeTest, BadAxesAreErrors) {
  ExpectError(ErrorCode::kIndex, "softmax: axis 3 is out of range for shape [2, 5]; need -2..1",
              [] {
                NormalizeAxis(3, {2, 5}, "softmax");
              });
  ExpectError(ErrorCode::kIndex, "softmax: axis -3 is out of range for shape [2, 5]; need -2..1",
              [] {
                NormalizeAxis(-3, {2, 5}, "softmax");
              });
  ExpectError(ErrorCode::kIndex,
              "sum: axis 0 is out of range for shape []; need a tensor with at least one axis",
              [] { NormalizeAxis(0, {}, "sum"); });
  ExpectError(ErrorCode::kIndex,
              "sum: axis -9223372036854775808 is out of range for shape [1]; need -1..0",
              [] { NormalizeAxis(std::numeric_limits<int64_t>::min(), {1}, "sum"); });
  ExpectError(ErrorCode::kValue, "sum: axis -1 appears twice in [1, -1]; need every axis once", [] {
    NormalizeAxes({1, -1}, {2, 3}, "sum");
  });
  ExpectError(ErrorCode::kIndex, "sum: axis 2 is out of range for shape [2, 3]; need -2..1", [] {
    NormalizeAxes({0, 2}, {2, 3}, "sum");
  });
}

}  // namespace
}  // namespace prova

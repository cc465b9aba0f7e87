#include "tensor/view.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "base/allocator.h"
#include "base/testing.h"
#include "tensor/create.h"

namespace prova {
namespace {

using Values = std::vector<int64_t>;

/// 0, 1, 2, … in row-major order.
Tensor Counting(const Shape& shape) {
  const Tensor x = arange(NumElements(shape));
  return Tensor(x.storage(), x.dtype(), shape, ContiguousStrides(shape), 0);
}

/// The place of an element, from its row-major number.
int64_t OffsetOf(const Tensor& x, int64_t number) {
  int64_t offset = x.offset();
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    offset += number % x.shape()[axis] * x.strides()[axis];
    number /= x.shape()[axis];
  }
  return offset;
}

Values OffsetsOf(const Tensor& x) {
  Values offsets;
  for (int64_t i = 0; i < x.numel(); ++i) offsets.push_back(OffsetOf(x, i));
  return offsets;
}

void ExpectSharesStorage(const Tensor& y, const Tensor& x) {
  EXPECT_EQ(y.storage(), x.storage());
  EXPECT_EQ(y.dtype(), x.dtype());
  EXPECT_EQ(y.raw_data(), static_cast<const int64_t*>(x.storage()->data()) + y.offset());
}

/// Python's range(size)[start:stop:step], one step at a time.
Values PythonSlice(int64_t size, const SliceSpec& spec) {
  using Wide = __int128;
  auto from_front = [&](int64_t bound) { return bound < 0 ? Wide{bound} + size : Wide{bound}; };
  const Wide step = spec.step;
  Wide i, stop;
  if (step > 0) {
    i = std::max<Wide>(from_front(spec.start.value_or(0)), 0);
    stop = spec.stop ? from_front(*spec.stop) : Wide{size};
  } else {
    i = spec.start ? std::min<Wide>(from_front(*spec.start), size - 1) : Wide{size} - 1;
    stop = spec.stop ? from_front(*spec.stop) : Wide{-1};
  }
  Values values;
  for (; i >= 0 && i < size && (step > 0 ? i < stop : i > stop); i += step) {
    values.push_back(static_cast<int64_t>(i));
  }
  return values;
}

void ExpectPythonSlice(int64_t size, const SliceSpec& spec) {
  const Tensor x = arange(size);
  const Tensor y = view::Slice(x, 0, spec);
  auto show = [](std::optional<int64_t> bound) { return bound ? std::to_string(*bound) : ""; };
  ASSERT_EQ(y.to_vector<int64_t>(), PythonSlice(size, spec))
      << size << " elements, " << show(spec.start) << ":" << show(spec.stop) << ":" << spec.step;
  ASSERT_EQ(y.storage(), x.storage());
}

TEST(SliceTest, AgreesWithPythonForAllSmallBounds) {
  std::vector<std::optional<int64_t>> bounds = {std::nullopt};
  for (int64_t bound = -7; bound <= 7; ++bound) bounds.push_back(bound);
  for (int64_t size = 0; size <= 5; ++size) {
    for (auto start : bounds) {
      for (auto stop : bounds) {
        for (int64_t step : {-6, -5, -3, -2, -1, 1, 2, 3, 5, 6}) {
          ExpectPythonSlice(size, {.start = start, .stop = stop, .step = step});
        }
      }
    }
  }
}

TEST(SliceTest, AgreesWithPythonForExtremeBoundsAndSteps) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const std::optional<int64_t> bounds[] = {std::nullopt, kMin, kMin + 1, -1, 0, 3, kMax - 1, kMax};
  for (auto start : bounds) {
    for (auto stop : bounds) {
      for (int64_t step : {kMin, kMin + 1, int64_t{-1}, int64_t{1}, kMax - 1, kMax}) {
        for (int64_t size : {0, 1, 4}) {
          ExpectPythonSlice(size, {.start = start, .stop = stop, .step = step});
        }
      }
    }
  }
}

TEST(SliceTest, SlicesAnyAxisOfAView) {
  const Tensor x = view::Permute(Counting({3, 4}), {1, 0});
  EXPECT_EQ(view::Slice(x, 0, {.start = 1, .step = 2}).to_vector<int64_t>(),
            (Values{1, 5, 9, 3, 7, 11}));
  EXPECT_EQ(view::Slice(x, -1, {.step = -2}).to_vector<int64_t>(),
            (Values{8, 0, 9, 1, 10, 2, 11, 3}));
  const Tensor twice = view::Slice(view::Slice(arange(10), 0, {.step = -3}), 0, {.step = -2});
  EXPECT_EQ(twice.to_vector<int64_t>(), (Values{0, 6}));
}

TEST(SliceTest, BadAxesAndStepZeroAreErrors) {
  const Tensor x = Counting({2, 3});
  ExpectError(ErrorCode::kValue, "slice: step 0; need a step other than 0",
              [&] { view::Slice(x, 0, {.step = 0}); });
  ExpectError(ErrorCode::kIndex, "slice: axis 2 is out of range for shape [2, 3]; need -2..1",
              [&] { view::Slice(x, 2, {}); });
}

TEST(PermuteTest, EveryOrderMovesEveryElement) {
  const Tensor x = Counting({2, 3, 4});
  std::vector<int64_t> order = {0, 1, 2};
  do {
    const Tensor y = view::Permute(x, order);
    ExpectSharesStorage(y, x);
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_EQ(y.shape()[axis], x.shape()[static_cast<int>(order[axis])]);
    }
    const Values values = y.to_vector<int64_t>();
    int64_t number = 0;
    int64_t index[3];
    for (index[order[0]] = 0; index[order[0]] < y.shape()[0]; ++index[order[0]]) {
      for (index[order[1]] = 0; index[order[1]] < y.shape()[1]; ++index[order[1]]) {
        for (index[order[2]] = 0; index[order[2]] < y.shape()[2]; ++index[order[2]]) {
          EXPECT_EQ(values[number++], index[0] * 12 + index[1] * 4 + index[2]);
        }
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(view::Permute(x, {-1, 0, 1}).shape(), (Shape{4, 2, 3}));
  EXPECT_EQ(view::Permute(tensor(5), {}).item<int>(), 5);
}

TEST(PermuteTest, AnythingButAPermutationIsAnError) {
  const Tensor x = Counting({2, 3});
  ExpectError(ErrorCode::kValue,
              "permute: order [0, 0] for shape [2, 3]; need every axis exactly once", [&] {
                view::Permute(x, {0, 0});
              });
  ExpectError(ErrorCode::kValue,
              "permute: order [1, -1] for shape [2, 3]; need every axis exactly once", [&] {
                view::Permute(x, {1, -1});
              });
  ExpectError(ErrorCode::kValue,
              "permute: order [0] for shape [2, 3]; need every axis exactly once",
              [&] { view::Permute(x, {0}); });
  ExpectError(ErrorCode::kIndex, "permute: axis 2 is out of range for shape [2, 3]; need -2..1",
              [&] {
                view::Permute(x, {0, 2});
              });
}

TEST(ExpandTest, RepeatsAxesOfSizeOneWithoutCopying) {
  const Tensor x = Counting({2, 1, 3});
  const Tensor y = view::Expand(x, {2, 2, 4, 3});
  ExpectSharesStorage(y, x);
  EXPECT_EQ(y.strides(), (Strides{0, 3, 0, 1}));
  const Values values = y.to_vector<int64_t>();
  for (int64_t i = 0; i < y.numel(); ++i) EXPECT_EQ(values[i], i / 12 % 2 * 3 + i % 3);
}

TEST(ExpandTest, MinusOneKeepsASizeAndEmptyAxesStayEmpty) {
  const Tensor x = Counting({2, 1});
  EXPECT_EQ(view::Expand(x, {-1, 3}).shape(), (Shape{2, 3}));
  EXPECT_EQ(view::Expand(x, {5, -1, -1}).shape(), (Shape{5, 2, 1}));
  EXPECT_EQ(view::Expand(x, {2, 0}).shape(), (Shape{2, 0}));
  EXPECT_EQ(view::Expand(empty({0, 1}), {0, 4}).shape(), (Shape{0, 4}));
  EXPECT_EQ(view::Expand(tensor(7), {2}).to_vector<int64_t>(), (Values{7, 7}));
}

TEST(ExpandTest, ShapesThatDoNotFitAreErrors) {
  const char* need = "; need sizes that are equal or 1, counted from the back";
  const Tensor x = Counting({2, 3});
  for (const Shape& shape :
       {Shape{2}, Shape{4, 3}, Shape{3, 3}, Shape{-1, 2, 3}, Shape{2, 0}, Shape{-2, 3}}) {
    ExpectError(ErrorCode::kShape, "expand: shape [2, 3] to " + ToString(shape) + need,
                [&] { view::Expand(x, shape); });
  }
  ExpectError(ErrorCode::kShape, std::string("add: shape [2, 3] to [3]") + need,
              [&] { view::Expand(x, {3}, "add"); });
  ExpectError(ErrorCode::kShape,
              "shape: the size of [4611686018427387904, 2, 3] overflows; need at most 2^63 - 1 "
              "elements",
              [&] {
                view::Expand(x, {int64_t{1} << 62, 2, 3});
              });
}

/// All ordered factorizations of n into `rank` sizes.
void ForEachShape(int64_t n, int rank, const std::function<void(const Shape&)>& visit,
                  Shape front = {}) {
  if (rank == 0) {
    if (n == 1) visit(front);
    return;
  }
  for (int64_t size = 1; size <= n; ++size) {
    if (n % size != 0) continue;
    Shape longer = front;
    longer.push_back(size);
    ForEachShape(n / size, rank - 1, visit, longer);
  }
}

/// Whether some strides place the elements of `shape` at `offsets`.
bool SomeStridesFit(const Values& offsets, const Shape& shape) {
  Strides steps = Dims::Filled(shape.rank(), 0);
  int64_t neighbour = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (shape[axis] > 1) steps[axis] = offsets[neighbour] - offsets[0];
    neighbour *= shape[axis];
  }
  for (size_t i = 0; i < offsets.size(); ++i) {
    int64_t offset = offsets[0];
    int64_t rest = static_cast<int64_t>(i);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      offset += rest % shape[axis] * steps[axis];
      rest /= shape[axis];
    }
    if (offset != offsets[i]) return false;
  }
  return true;
}

/// A tensor seen through up to four random views.
Tensor RandomView(Rng& rng) {
  const Shape shapes[] = {{24}, {4, 6}, {2, 3, 4}, {2, 2, 2, 3}, {1, 4, 1, 6}, {5, 1, 2}};
  Tensor x = Counting(shapes[rng.Below(std::size(shapes))]);
  for (uint64_t left = rng.Below(5); left > 0; --left) {
    const int64_t axis = static_cast<int64_t>(rng.Below(x.rank()));
    switch (rng.Below(4)) {
      case 0: {
        std::vector<int64_t> order(x.rank());
        std::iota(order.begin(), order.end(), 0);
        std::swap(order[axis], order[rng.Below(x.rank())]);
        x = view::Permute(x, order);
        break;
      }
      case 1: x = view::Slice(x, axis, {.step = rng.Below(2) == 0 ? -1 : 2}); break;
      case 2:
        x = view::Slice(x, axis, {.start = 0, .stop = std::max<int64_t>(x.shape()[axis] - 1, 1)});
        break;
      default:
        Shape wider = x.shape();
        if (wider[axis] == 1) wider[axis] = 2;
        x = view::Expand(x, wider);
    }
  }
  return x;
}

TEST(ReshapeTest, IsAViewExactlyWhereSomeStridesFit) {
  Rng rng(2);
  int views = 0, copies = 0;
  for (int repeat = 0; repeat < 400; ++repeat) {
    const Tensor x = RandomView(rng);
    const Values offsets = OffsetsOf(x);
    for (int rank = 0; rank <= 4; ++rank) {
      ForEachShape(x.numel(), rank, [&](const Shape& shape) {
        const bool expected = SomeStridesFit(offsets, shape);
        const Tensor y = view::Reshape(x, shape);
        EXPECT_EQ(y.storage() == x.storage(), expected)
            << x.shape() << " by " << x.strides() << " to " << shape;
        EXPECT_EQ(view::ViewStrides(x, shape).has_value(), expected);
        if (expected) {
          EXPECT_EQ(OffsetsOf(y), offsets);
        }
        EXPECT_EQ(y.to_vector<int64_t>(), x.to_vector<int64_t>());
        EXPECT_EQ(y.shape(), shape);
        ++(expected ? views : copies);
      });
    }
  }
  EXPECT_GT(views, 1000);
  EXPECT_GT(copies, 1000);
}

TEST(ReshapeTest, MinusOneIsInferred) {
  const Tensor x = Counting({4, 6});
  EXPECT_EQ(view::Reshape(x, {-1}).shape(), (Shape{24}));
  EXPECT_EQ(view::Reshape(x, {2, -1, 3}).shape(), (Shape{2, 4, 3}));
  EXPECT_EQ(view::Reshape(tensor(1), {-1}).shape(), (Shape{1}));
  EXPECT_EQ(view::Reshape(empty({0, 3}), {3, -1}).shape(), (Shape{3, 0}));
  EXPECT_EQ(view::Reshape(empty({0}), {int64_t{1} << 40, int64_t{1} << 40, 0}).numel(), 0);
}

TEST(ReshapeTest, SizesThatDoNotFitAreErrors) {
  const Tensor x = Counting({4, 6});
  const int64_t large = int64_t{1} << 62;
  for (const Shape& shape :
       {Shape{5}, Shape{-1, 5}, Shape{-1, -1}, Shape{-2, -12}, Shape{0, -1}, Shape{}, Shape{0},
        Shape{large, 4}, Shape{large, 4, -1}, Shape{24, -3}}) {
    ExpectError(ErrorCode::kShape,
                "reshape: shape [4, 6] to " + ToString(shape) +
                    "; need 24 elements, with at most one size of -1",
                [&] { view::Reshape(x, shape); });
  }
  EXPECT_THROW(view::Reshape(empty({0}), {0, -1}), Error);
}

TEST(SqueezeTest, DropsAxesOfSizeOne) {
  const Tensor x = Counting({1, 3, 1, 2});
  EXPECT_EQ(view::Squeeze(x, {}).shape(), (Shape{3, 2}));
  EXPECT_EQ(view::Squeeze(x, {0}).shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(view::Squeeze(x, {-2}).shape(), (Shape{1, 3, 2}));
  EXPECT_EQ(view::Squeeze(x, {2, 0}).shape(), (Shape{3, 2}));
  EXPECT_EQ(view::Squeeze(tensor({5}), {}).shape(), (Shape{}));
  const Tensor y = view::Squeeze(view::Permute(x, {3, 0, 1, 2}), {1});
  EXPECT_EQ(y.to_vector<int64_t>(), (Values{0, 2, 4, 1, 3, 5}));
  ExpectSharesStorage(y, x);
}

TEST(SqueezeTest, OtherSizesAndBadAxesAreErrors) {
  const Tensor x = Counting({1, 3});
  ExpectError(ErrorCode::kShape, "squeeze: axis 1 of shape [1, 3]; need an axis of size 1",
              [&] { view::Squeeze(x, {-1}); });
  ExpectError(ErrorCode::kIndex, "squeeze: axis 2 is out of range for shape [1, 3]; need -2..1",
              [&] { view::Squeeze(x, {2}); });
}

TEST(UnsqueezeTest, AddsAnAxisAtEitherEndOrBetween) {
  const Tensor x = view::Permute(Counting({2, 3}), {1, 0});
  EXPECT_EQ(view::Unsqueeze(x, 0).shape(), (Shape{1, 3, 2}));
  EXPECT_EQ(view::Unsqueeze(x, 1).shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(view::Unsqueeze(x, 2).shape(), (Shape{3, 2, 1}));
  EXPECT_EQ(view::Unsqueeze(x, -1).shape(), (Shape{3, 2, 1}));
  EXPECT_EQ(view::Unsqueeze(x, -3).shape(), (Shape{1, 3, 2}));
  EXPECT_EQ(view::Unsqueeze(tensor(4), 0).shape(), (Shape{1}));
  for (int64_t axis : {-3, -2, -1, 0, 1, 2}) {
    const Tensor y = view::Unsqueeze(x, axis);
    EXPECT_EQ(y.to_vector<int64_t>(), (Values{0, 3, 1, 4, 2, 5}));
    ExpectSharesStorage(y, x);
  }
}

TEST(UnsqueezeTest, AxesOutOfRangeAreErrors) {
  const Tensor x = Counting({2, 3});
  ExpectError(ErrorCode::kIndex, "unsqueeze: axis 3 for shape [2, 3]; need -3..2",
              [&] { view::Unsqueeze(x, 3); });
  ExpectError(ErrorCode::kIndex, "unsqueeze: axis -4 for shape [2, 3]; need -3..2",
              [&] { view::Unsqueeze(x, -4); });
}

TEST(ViewTest, ViewsAllocateAndWriteNothing) {
  const Tensor x = Counting({2, 3, 4});
  const int64_t version = x.storage()->version();
  const int64_t allocations = memory_stats().allocations;
  const Tensor views[] = {
      view::Slice(x, 1, {.step = -1}), view::Permute(x, {2, 0, 1}), view::Expand(x, {5, 2, 3, 4}),
      view::Reshape(x, {6, -1}),       view::Squeeze(x, {}),        view::Unsqueeze(x, 1)};
  EXPECT_EQ(memory_stats().allocations, allocations);
  EXPECT_EQ(x.storage()->version(), version);
  assign(view::Slice(x, 0, {.stop = 1}), tensor(99));
  for (const Tensor& y : views) {
    const Values values = y.to_vector<int64_t>();
    EXPECT_NE(std::find(values.begin(), values.end(), 99), values.end());
  }
}

TEST(ViewTest, AnUndefinedTensorIsAnError) {
  ExpectError(ErrorCode::kValue,
              "tensor: an undefined tensor; need a value; make one with zeros, tensor or an "
              "operation",
              [] { view::Reshape(Tensor(), {1}); });
}

}  // namespace
}  // namespace prova

#include "autograd/movement.h"

#include <numeric>

#include <gtest/gtest.h>

#include "autograd/test_operations.h"

namespace prova {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr double kRounding = 1e-12;  // sums of at most a few hundred numbers near 1

/// A random shape of rank low..high with sizes 1..4.
Shape RandomShape(Rng& rng, int low, int high) {
  Shape shape;
  const int rank = low + static_cast<int>(rng.Below(high - low + 1));
  for (int i = 0; i < rank; ++i) shape.push_back(1 + static_cast<int64_t>(rng.Below(4)));
  return shape;
}

/// Random values seen through a random permutation and, often, a stride of 2.
Tensor RandomStrided(const Shape& shape, Rng& rng) {
  const int rank = shape.rank();
  const std::vector<int64_t> order = randperm(rank, rng).to_vector<int64_t>();
  Shape stored = shape;
  Dims inverse = shape;
  for (int i = 0; i < rank; ++i) {
    stored[i] = shape[static_cast<int>(order[i])];
    inverse[static_cast<int>(order[i])] = i;
  }
  const bool gaps = rank > 0 && rng.Below(2) == 0;
  if (gaps) stored[0] *= 2;
  Tensor x = Normal(stored, rng);
  if (gaps) x = view::Slice(x, 0, {.start = 1, .step = 2});
  return view::Permute(x, inverse);
}

/// <f(x), v> = <x, f^T(v)>, and the same for the adjoint's own gradient: f is linear, so the
/// gradient of <f^T(v), u> by v is f(u), and f^T does not depend on x.
void ExpectAdjoint(const Function& f, const Tensor& value, Rng& rng) {
  const Tensor x = parameter(value);
  const Tensor y = f(x);
  ASSERT_TRUE(is_tracked(y));
  const Tensor v = parameter(RandomStrided(y.shape(), rng));
  const Tensor dx = backward(y, {.cotangents = {v}, .create_graph = true, .wrt = {x}})[x];
  const double forward = Dot(detach(y), detach(v)).item();
  EXPECT_NEAR(forward, Dot(detach(x), detach(dx)).item(), kRounding);
  EXPECT_TRUE(y.numel() == 0 || std::abs(forward) > 1e-9) << "no signal";

  const Tensor u = parameter(RandomStrided(x.shape(), rng));
  const Tensor dv = backward(dx, {.cotangents = {u}, .create_graph = true, .wrt = {v}})[v];
  EXPECT_LT(Distance(detach(dv), f(detach(u))), kRounding);
  EXPECT_FALSE(
      backward(Tensors{dx, x}, {.cotangents = {u, zeros_like(x)}, .wrt = {y}}).contains(y));
  // Third order: back through dv = f(u) to u is f^T again.
  const Tensor again = backward(dv, {.cotangents = {v}, .wrt = {u}})[u];
  EXPECT_LT(Distance(again, detach(dx)), kRounding);
}

template <typename Make>
void ForRandomTensors(int low, int high, const Make& make) {
  Rng rng(11);
  for (int round = 0; round < 60; ++round) {
    const Tensor x = RandomStrided(RandomShape(rng, low, high), rng);
    SCOPED_TRACE(::testing::Message() << "round " << round << ", shape " << x.shape());
    ExpectAdjoint(make(x, rng), x, rng);
  }
}

int64_t RandomAxis(int rank, Rng& rng) { return static_cast<int64_t>(rng.Below(2 * rank)) - rank; }

TEST(Slice, GradientIsItsAdjoint) {
  ForRandomTensors(1, 4, [](const Tensor& x, Rng& rng) -> Function {
    const int64_t axis = RandomAxis(x.rank(), rng);
    const int64_t size = x.size(axis);
    const int64_t first = static_cast<int64_t>(rng.Below(size));
    const int64_t step = 1 + static_cast<int64_t>(rng.Below(3));
    if (rng.Below(2) == 0) {
      return [=](const Tensor& t) { return slice(t, axis, {.start = first, .step = step}); };
    }
    return [=](const Tensor& t) { return slice(t, axis, {.start = first, .step = -step}); };
  });
}

TEST(Slice, GradientStandsWhereTheViewWas) {
  const Tensor x = parameter(Vector({1, 2, 3, 4, 5}));
  const Tensor y = slice(x, 0, {.start = 3, .stop = 0, .step = -2});
  EXPECT_EQ(Values(y), (std::vector<double>{4, 2}));
  EXPECT_EQ(Values(backward(Dot(y, Vector({10, 100})))[x]),
            (std::vector<double>{0, 100, 0, 10, 0}));
}

TEST(Slice, OfNothingHasZeroGradient) {
  const Tensor x = parameter(Vector({1, 2}));
  EXPECT_EQ(Values(backward(Sum(slice(x, 0, {.start = 2})))[x]), (std::vector<double>{0, 0}));
}

TEST(Permute, GradientIsItsAdjoint) {
  ForRandomTensors(0, 5, [](const Tensor& x, Rng& rng) -> Function {
    Dims order = randperm(x.rank(), rng).to_vector<int64_t>();
    if (rng.Below(2) == 0) {
      for (int64_t& axis : order) axis -= x.rank();
    }
    return [=](const Tensor& t) { return permute(t, order); };
  });
}

TEST(Permute, ByThreeAxesIsInvertedNotRepeated) {
  Rng rng(3);
  const Tensor x = parameter(Normal({2, 3, 4}, rng)), v = Normal({3, 4, 2}, rng);
  const Tensor dx = backward(permute(x, {1, 2, 0}), {.cotangents = {v}})[x];
  EXPECT_EQ(dx.shape(), Shape({2, 3, 4}));
  EXPECT_EQ(Values(dx), Values(view::Permute(v, {2, 0, 1})));
}

TEST(Transpose, GradientIsItsAdjoint) {
  ForRandomTensors(1, 4, [](const Tensor& x, Rng& rng) -> Function {
    const int64_t a = RandomAxis(x.rank(), rng), b = RandomAxis(x.rank(), rng);
    return [=](const Tensor& t) { return transpose(t, a, b); };
  });
  EXPECT_EQ(transpose(zeros({2, 3, 4}), 0, -1).shape(), Shape({4, 3, 2}));
}

TEST(Expand, GradientIsItsAdjoint) {
  ForRandomTensors(0, 3, [](const Tensor& x, Rng& rng) -> Function {
    Shape shape = x.shape();
    for (int64_t& size : shape) size = size == 1 ? 1 + static_cast<int64_t>(rng.Below(4)) : -1;
    shape.insert(0, 2 + static_cast<int64_t>(rng.Below(2)));
    return [=](const Tensor& t) { return expand(t, shape); };
  });
}

TEST(Expand, GradientIsTheSumOverTheCopies) {
  const Tensor x = parameter(Vector({1, 2}));
  const Tensor v = from_vector<double>({1, 2, 30, 40, 500, 600}, {3, 2});
  EXPECT_EQ(Values(backward(expand(x, {3, -1}), {.cotangents = {v}})[x]),
            (std::vector<double>{531, 642}));
  EXPECT_EQ(expand(x, {2}).attachment(), x.attachment());
}

TEST(SumTo, GradientIsItsAdjoint) {
  ForRandomTensors(1, 4, [](const Tensor& x, Rng& rng) -> Function {
    Shape shape;
    const int dropped = 1 + static_cast<int>(rng.Below(x.rank()));
    for (int i = dropped; i < x.rank(); ++i) {
      shape.push_back(rng.Below(2) == 0 ? 1 : x.shape()[i]);
    }
    return [=](const Tensor& t) { return sum_to(t, shape); };
  });
}

TEST(SumTo, AddsOverBroadcastAxes) {
  const Tensor x = from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(Values(sum_to(x, {3})), (std::vector<double>{5, 7, 9}));
  EXPECT_EQ(Values(sum_to(x, {2, 1})), (std::vector<double>{6, 15}));
  EXPECT_EQ(Values(sum_to(x, {})), (std::vector<double>{21}));
  EXPECT_EQ(Values(sum_to(zeros({0, 2}), {2})), (std::vector<double>{0, 0}));
}

TEST(SumTo, RefusesOtherShapesAndIntegers) {
  EXPECT_EQ(ErrorOf([] {
              sum_to(zeros({2, 3}), {2});
            }),
            "shape: sum_to: shape [2] to [2, 3]; need sizes that are equal or 1, counted from the "
            "back");
  EXPECT_EQ(ErrorOf([] {
              sum_to(tensor({1, 2}), {});
            }),
            "dtype: sum_to: a tensor of int64; need a floating dtype");
}

TEST(Reshape, GradientIsItsAdjoint) {
  ForRandomTensors(0, 4, [](const Tensor& x, Rng& rng) -> Function {
    const Shape shapes[] = {{-1}, {1, -1, 1}, {x.numel()}, {x.numel() % 2 == 0 ? 2 : 1, -1}};
    const Shape shape = shapes[rng.Below(4)];
    return [=](const Tensor& t) { return reshape(t, shape); };
  });
}

TEST(Reshape, OfATransposedTensorCopiesInRowMajorOrder) {
  const Tensor x = parameter(from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3}));
  const Tensor y = reshape(transpose(x, 0, 1), {6});
  EXPECT_EQ(Values(y), (std::vector<double>{1, 4, 2, 5, 3, 6}));
  EXPECT_NE(y.storage(), x.storage());
  EXPECT_EQ(Values(backward(y, {.cotangents = {Vector({1, 2, 3, 4, 5, 6})}})[x]),
            (std::vector<double>{1, 3, 5, 2, 4, 6}));
}

TEST(Squeeze, GradientIsItsAdjoint) {
  ForRandomTensors(0, 3, [](const Tensor& x, Rng& rng) -> Function {
    const int64_t axis = static_cast<int64_t>(rng.Below(x.rank() + 1));
    return [=](const Tensor& t) { return squeeze(unsqueeze(t, axis), {axis}); };
  });
  EXPECT_EQ(squeeze(zeros({1, 2, 1})).shape(), Shape({2}));
  EXPECT_EQ(squeeze(zeros({1, 2, 1}), {-1}).shape(), Shape({1, 2}));
}

TEST(Unsqueeze, GradientIsItsAdjoint) {
  ForRandomTensors(0, 3, [](const Tensor& x, Rng& rng) -> Function {
    const int64_t axis = RandomAxis(x.rank() + 1, rng);
    return [=](const Tensor& t) { return unsqueeze(t, axis); };
  });
  EXPECT_EQ(unsqueeze(zeros({2, 3}), -1).shape(), Shape({2, 3, 1}));
}

TEST(Contiguous, GradientIsItsAdjoint) {
  ForRandomTensors(2, 4, [](const Tensor&, Rng&) -> Function {
    // Reversed, so that there is always something to copy.
    return [=](const Tensor& t) { return contiguous(slice(t, 0, {.step = -1})); };
  });
  const Tensor x = parameter(zeros({2, 3}));
  EXPECT_EQ(contiguous(x).attachment(), x.attachment());
  EXPECT_TRUE(contiguous(transpose(x, 0, 1)).is_contiguous());
}

TEST(Cast, GradientIsCastBack) {
  const Tensor x = parameter(Vector({1.5, 2.5}));
  const Tensor y = cast(x, DType::kFloat32);
  EXPECT_EQ(y.dtype(), DType::kFloat32);
  const Tensor v = parameter(tensor({3, 4}, DType::kFloat32));
  const Tensor dx = backward(y, {.cotangents = {v}, .create_graph = true})[x];
  EXPECT_EQ(dx.dtype(), DType::kFloat64);
  EXPECT_EQ(Values(dx), (std::vector<double>{3, 4}));
  const Tensor dv = backward(dx, {.cotangents = {Vector({5, 6})}})[v];
  EXPECT_EQ(dv.dtype(), DType::kFloat32);
  EXPECT_EQ(Values(dv), (std::vector<double>{5, 6}));
  EXPECT_EQ(cast(x, DType::kFloat64).attachment(), x.attachment());
  EXPECT_FALSE(is_tracked(cast(x, DType::kInt64)));
}

TEST(Stack, GradientIsItsAdjoint) {
  ForRandomTensors(0, 3, [](const Tensor& x, Rng& rng) -> Function {
    const Tensor other = Normal(x.shape(), rng);
    return [=](const Tensor& t) { return stack({t, zeros_like(other), Neg(t), t}); };
  });
}

TEST(Stack, GivesEachRowItsOwnGradient) {
  const Tensor a = parameter(Vector({1, 2})), b = parameter(Vector({3, 4}));
  const Tensor y = stack({a, b});
  EXPECT_EQ(Values(y), (std::vector<double>{1, 2, 3, 4}));
  const Gradients g = backward(y, {.cotangents = {from_vector<double>({5, 6, 7, 8}, {2, 2})}});
  EXPECT_EQ(Values(g[a]), (std::vector<double>{5, 6}));
  EXPECT_EQ(Values(g[b]), (std::vector<double>{7, 8}));
}

TEST(Stack, FillsInZerosWhereOnlySomeRowsAreDifferentiatedAgain) {
  const Tensor a = parameter(Vector({1, 2})), b = parameter(Vector({3, 4}));
  const Tensor v = parameter(from_vector<double>({5, 6, 7, 8}, {2, 2}));
  const Gradients g = backward(stack({a, b}), {.cotangents = {v}, .create_graph = true});
  EXPECT_EQ(Values(backward(g[b], {.cotangents = {Vector({1, 10})}})[v]),
            (std::vector<double>{0, 0, 1, 10}));
}

TEST(Stack, RefusesNoneAndDifferentOnes) {
  EXPECT_EQ(ErrorOf([] { stack({}); }), "value: stack: no tensors; need at least one");
  EXPECT_EQ(ErrorOf([] {
              stack({zeros({2}), zeros({3})});
            }),
            "shape: stack: float32[3] at position 1; need float32[2] as at position 0");
  EXPECT_EQ(ErrorOf([] {
              stack({zeros({2}), tensor({1, 2})});
            }),
            "dtype: stack: int64[2] at position 1; need float32[2] as at position 0");
}

TEST(Views, ShareStorageAndCopyNothing) {
  const Tensor x = parameter(zeros({2, 1, 3}));
  for (const Tensor& y :
       {slice(x, 2, {.step = -1}), permute(x, {2, 0, 1}), expand(x, {2, 5, 3}), reshape(x, {3, 2}),
        squeeze(x), squeeze(x, {1}), unsqueeze(x, 0), transpose(x, 0, 2)}) {
    EXPECT_EQ(y.storage(), x.storage());
    EXPECT_TRUE(is_tracked(y));
    EXPECT_FALSE(is_tracked(no_grad([&] { return slice(y, 0, {}); })));
  }
  EXPECT_EQ(x.storage()->version(), zeros({1}).storage()->version());
}

TEST(Views, KeepTheErrorsOfTheirGeometry) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(ErrorOf([&] { transpose(x, 0, 2); }),
            "index: transpose: axis 2 is out of range for shape [2, 3]; need -2..1");
  EXPECT_EQ(ErrorOf([&] { slice(x, 0, {.step = 0}); }),
            "value: slice: step 0; need a step other than 0");
  EXPECT_EQ(ErrorOf([&] {
              permute(x, {0, 0});
            }),
            "value: permute: order [0, 0] for shape [2, 3]; need every axis exactly once");
  EXPECT_EQ(ErrorOf([&] { squeeze(x, {0}); }),
            "shape: squeeze: axis 0 of shape [2, 3]; need an axis of size 1");
  EXPECT_EQ(ErrorOf([&] {
              expand(x, {2, 4});
            }).substr(0, 38),
            "shape: expand: shape [2, 3] to [2, 4];");
  EXPECT_EQ(ErrorOf([&] { reshape(x, {4}); }).substr(0, 36),
            "shape: reshape: shape [2, 3] to [4];");
}

TEST(Movement, ComposesToTheSameGradientAsGatheringByHand) {
  const Tensor x = parameter(from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3}));
  // Column 2, then column 0, each doubled by the expansion.
  const Tensor y = expand(slice(transpose(x, 0, 1), 0, {.start = 2, .step = -2}), {2, 2, 2});
  EXPECT_EQ(Values(y), (std::vector<double>{3, 6, 1, 4, 3, 6, 1, 4}));
  EXPECT_EQ(Values(backward(Dot(y, y))[x]), (std::vector<double>{4, 0, 12, 16, 0, 24}));
}

}  // namespace
}  // namespace prova

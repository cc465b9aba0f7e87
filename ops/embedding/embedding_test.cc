#include "ops/embedding/embedding.h"

#include <cmath>

#include "autograd/movement.h"
#include "base/parallel_for.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/matmul/matmul.h"
#include "ops/mul/mul.h"
#include "ops/sum/sum.h"

namespace prova {
namespace {

/// A random table and indices into it, negative ones among them.
struct Sample {
  Tensor indices;
  Tensor weight;
  int64_t rows;
};

Sample DrawSample(Draw& draw) {
  const int64_t rows = draw.integer(1, 8), dim = draw.integer(1, 20);
  Rng rng = draw.rng();
  const Shape shape = draw.shape({.min_rank = 0, .max_rank = 3});
  return {randint(-rows, rows, shape, rng), draw.tensor(Shape{rows, dim}), rows};
}

/// Row i is 1 at indices[i], counted from the front, and 0 elsewhere.
Tensor OneHot(const Tensor& indices, int64_t rows) {
  std::vector<double> hot(static_cast<size_t>(indices.numel() * rows));
  const std::vector<int64_t> index = indices.to_vector<int64_t>();
  for (size_t i = 0; i < index.size(); ++i) {
    hot[i * static_cast<size_t>(rows) + static_cast<size_t>((index[i] + rows) % rows)] = 1;
  }
  return from_vector(hot, {indices.numel(), rows});
}

TEST(Embedding, Examples) {
  const Tensor weight = tensor({{1.0, 2.0}, {10.0, 20.0}, {100.0, 200.0}});
  EXPECT_TRUE(SameBits(embedding(tensor({2, 0}), weight), tensor({{100.0, 200.0}, {1.0, 2.0}})));
  EXPECT_TRUE(SameBits(embedding(tensor(1), weight), tensor({10.0, 20.0})));
  EXPECT_TRUE(SameBits(embedding(tensor({-1, -3}, DType::kInt32), weight),
                       tensor({{100.0, 200.0}, {1.0, 2.0}})));
}

TEST(Embedding, IsAProductWithOneHotRows) {
  ForAll("embedding(i, W) = onehot(i) W", [](Draw& draw) {
    const Sample s = DrawSample(draw);
    const int64_t dim = s.weight.size(1);
    return Near(reshape(embedding(s.indices, s.weight), {s.indices.numel(), dim}),
                matmul(OneHot(s.indices, s.rows), s.weight), 0);
  });
}

TEST(Embedding, CountsNegativeIndicesFromTheBack) {
  ForAll("index i - rows names the row that index i names", [](Draw& draw) {
    const Sample s = DrawSample(draw);
    std::vector<int64_t> index = s.indices.to_vector<int64_t>();
    for (int64_t& i : index) i = (i + s.rows) % s.rows;
    return SameBits(embedding(s.indices, s.weight),
                    embedding(from_vector(index, s.indices.shape()), s.weight));
  });
}

TEST(Embedding, GivesEachRowBack) {
  ForAll("looking up a permutation and then its inverse is the identity", [](Draw& draw) {
    const int64_t rows = draw.integer(1, 12);
    const Tensor weight = draw.tensor(Shape{rows, draw.integer(1, 20)});
    Rng rng = draw.rng();
    const Tensor order = randperm(rows, rng);
    std::vector<int64_t> inverse(static_cast<size_t>(rows));
    int64_t place = 0;
    for (int64_t i : order.to_vector<int64_t>()) inverse[static_cast<size_t>(i)] = place++;
    return SameBits(embedding(from_vector(inverse, {rows}), embedding(order, weight)), weight);
  });
}

TEST(Embedding, HasAnAdjointThatAddsUp) {
  ForAll("<embedding(i, W), v> = <W, embedding_backward(v, i)>", [](Draw& draw) {
    const Sample s = DrawSample(draw);
    const Tensor y = embedding(s.indices, s.weight), v = draw.tensor(y.shape());
    return Near(tensor(Dot(y, v), DType::kFloat64),
                tensor(Dot(s.weight, embedding_backward(v, s.indices, s.rows)), DType::kFloat64),
                1e-12);
  });
}

TEST(Embedding, CountsHowOftenARowIsNamed) {
  ForAll("the gradient of the sum is the number of times each row is named", [](Draw& draw) {
    const Sample s = DrawSample(draw);
    const Tensor w = parameter(s.weight);
    const Tensor dw = backward(sum(embedding(s.indices, w)))[w];
    const Tensor counts = sum(OneHot(s.indices, s.rows), {0});
    return SameBits(dw, contiguous(expand(reshape(counts, {s.rows, 1}), dw.shape())));
  });
}

TEST(Embedding, AddsInOneOrderForAnyNumberOfThreads) {
  ForAll("the gradient has the same bits for 1 to 4 threads", [](Draw& draw) {
    Rng rng = draw.rng();
    const int64_t rows = draw.integer(1, 3000), count = draw.integer(1, 3000);
    const Tensor indices = randint(0, rows, {count}, rng);
    const Tensor dy = randn({count, 40}, rng);
    const Tensor one = [&] {
      ScopedNumThreads threads(1);
      return embedding_backward(dy, indices, rows);
    }();
    ScopedNumThreads threads(static_cast<int>(draw.integer(2, 4)));
    return SameBits(embedding_backward(dy, indices, rows), one);
  });
}

TEST(Embedding, AddsLongRunsAsATree) {
  // 2^24 + 1 is no float: adding ones one after another stops at 2^24.
  const int64_t n = (int64_t{1} << 24) + 4096;
  const Tensor dw = embedding_backward(ones({n, 1}), zeros({n}, {.dtype = DType::kInt64}), 1);
  EXPECT_EQ(dw.item(), static_cast<double>(n));
}

TEST(Embedding, KeepsBits) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor weight = tensor({{double{NAN}, -0.0, double{INFINITY}}, {1.0, 2.0, 3.0}});
    const Tensor y = embedding(tensor({1, 0}), weight);
    EXPECT_TRUE(SameBits(embedding(tensor({1, 0}), y), weight));
  }
}

TEST(Embedding, PropagatesNaNOfNamedRowsOnly) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    const Tensor dy = tensor({{double{NAN}}, {1.0}, {2.0}});
    EXPECT_TRUE(Near(embedding_backward(dy, tensor({2, 0, 2}), 3),
                     tensor({{1.0}, {0.0}, {double{NAN}}}), 0));
  }
}

TEST(Embedding, AcceptsNothing) {
  EXPECT_EQ(embedding(zeros({0}, {.dtype = DType::kInt64}), zeros({5, 3})).shape(), (Shape{0, 3}));
  EXPECT_EQ(embedding(tensor({{1}}), zeros({5, 0})).shape(), (Shape{1, 1, 0}));
  EXPECT_TRUE(SameBits(embedding_backward(zeros({0, 2}), zeros({0}, {.dtype = DType::kInt64}), 3),
                       zeros({3, 2})));
}

TEST(Embedding, GradientAddsRepeatedRows) {
  const Tensor dy = tensor({{1.0, 2.0}, {10.0, 20.0}, {100.0, 200.0}});
  EXPECT_TRUE(SameBits(embedding_backward(dy, tensor({1, 3, -3}), 4),
                       tensor({{0.0, 0.0}, {101.0, 202.0}, {0.0, 0.0}, {10.0, 20.0}})));
}

}  // namespace
}  // namespace prova

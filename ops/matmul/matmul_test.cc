#include "ops/matmul/matmul.h"

#include <cmath>

#include "autograd/movement.h"
#include "base/parallel_for.h"
#include "cuda/tensor_map.h"
#include "gradcheck/compare.h"
#include "gradcheck/testing.h"
#include "ops/add/add.h"
#include "ops/common/kernel_table.h"
#include "ops/common/tensor_cores.h"
#include "tensor/create.h"

namespace prova {
namespace {

/// Sizes on both sides of a tile of registers.
int64_t Size(Draw& draw) { return draw.integer(1, 40); }

Tensor Transpose(const Tensor& x) { return transpose(x, -1, -2); }

testing::AssertionResult Equal(double actual, double expected, double magnitude) {
  if (std::abs(actual - expected) <= 1e-12 * (1 + magnitude)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << actual << " and " << expected;
}

TEST(Matmul, Examples) {
  const Tensor a = tensor({{1.0, 2.0}, {3.0, 4.0}}), b = tensor({{5.0, 6.0}, {7.0, 8.0}});
  EXPECT_TRUE(SameBits(matmul(a, b), tensor({{19.0, 22.0}, {43.0, 50.0}})));
  EXPECT_TRUE(SameBits(matmul(a, tensor({1.0, 10.0})), tensor({21.0, 43.0})));
  EXPECT_TRUE(SameBits(matmul(tensor({1.0, 10.0}), a), tensor({31.0, 42.0})));
  EXPECT_TRUE(SameBits(matmul(tensor({1.0, 2.0, 3.0}), tensor({4.0, 5.0, 6.0})), tensor(32.0)));
  EXPECT_TRUE(SameBits(matmul(tensor({{1, 2}}), tensor({{3}, {4}})), tensor({{11}})));
}

TEST(Matmul, KeepsTheIdentity) {
  ForAll("a times the identity is a, bit for bit", [](Draw& draw) {
    const Tensor a = draw.tensor(Shape{Size(draw), Size(draw)}, {.dtype = DType::kFloat32});
    return SameBits(matmul(a, eye(a.size(1))), a);
  });
}

TEST(Matmul, IsLinear) {
  ForAll("(a + c) b = a b + c b", [](Draw& draw) {
    const Tensor a = draw.tensor(Shape{Size(draw), Size(draw)}), c = draw.tensor(a.shape());
    const Tensor b = draw.tensor(Shape{a.size(1), Size(draw)});
    return Near(matmul(add(a, c), b), add(matmul(a, b), matmul(c, b)), 1e-13);
  });
}

TEST(Matmul, IsAssociative) {
  ForAll("(a b) c = a (b c)", [](Draw& draw) {
    const Tensor a = draw.tensor(Shape{Size(draw), Size(draw)});
    const Tensor b = draw.tensor(Shape{a.size(1), Size(draw)});
    const Tensor c = draw.tensor(Shape{b.size(1), Size(draw)});
    return Near(matmul(matmul(a, b), c), matmul(a, matmul(b, c)), 1e-13);
  });
}

TEST(Matmul, TransposesInReverse) {
  ForAll("the transpose of a product is the product of the transposes in reverse", [](Draw& draw) {
    const Tensor a = draw.tensor(Shape{Size(draw), Size(draw)});
    const Tensor b = draw.tensor(Shape{a.size(1), Size(draw)});
    return Near(matmul(Transpose(b), Transpose(a)), Transpose(matmul(a, b)), 1e-13);
  });
}

TEST(Matmul, HasAdjointGradients) {
  ForAll("<a b, v> = <a, da> = <b, db> for the gradients of the cotangent v", [](Draw& draw) {
    const Tensor a = draw.tensor(Shape{2, 1, Size(draw), Size(draw)});
    const Tensor b = draw.tensor(Shape{3, a.size(3), Size(draw)});
    const Tensor y = matmul(a, b), v = draw.tensor(y.shape());
    const GradientPair dx = matmul_backward(v, a, b);
    const double size = 16.0 * static_cast<double>(y.numel() * a.size(3)), inner = Dot(y, v);
    const testing::AssertionResult first = Equal(Dot(a, dx.a), inner, size);
    return first ? Equal(Dot(b, dx.b), inner, size) : first;
  });
}

TEST(Matmul, MultipliesABatchOneByOne) {
  ForAll("matrix i of a batch is the product of the matrices i", [](Draw& draw) {
    const Tensor a = draw.tensor(Shape{3, Size(draw), Size(draw)});
    const Tensor b = draw.tensor(Shape{3, a.size(2), Size(draw)});
    Tensors rows;
    for (int64_t i = 0; i < 3; ++i) {
      auto at = [i](const Tensor& x) { return squeeze(slice(x, 0, {i, i + 1}), {0}); };
      rows.push_back(matmul(at(a), at(b)));
    }
    return Near(matmul(a, b), stack(rows), 1e-13);
  });
}

TEST(Matmul, TreatsAVectorAsARowOrAColumn) {
  ForAll(
      "a vector gives the row or column that a matrix of one row or column gives", [](Draw& draw) {
        const Tensor a = draw.tensor(Shape{Size(draw), Size(draw)});
        const Tensor v = draw.tensor(Shape{a.size(1)}), w = draw.tensor(Shape{a.size(0)});
        const auto column = SameBits(matmul(a, v), squeeze(matmul(a, unsqueeze(v, 1)), {1}));
        return column ? SameBits(matmul(w, a), squeeze(matmul(unsqueeze(w, 0), a), {0})) : column;
      });
}

TEST(Matmul, ReadsStridedOperandsInPlace) {
  ForAll("any strides give what contiguous copies give", [](Draw& draw) {
    const Tensor a = draw.tensor(Shape{Size(draw), Size(draw)});
    const Tensor b = draw.tensor(Shape{2, Size(draw), a.size(1)});
    return Near(matmul(a, Transpose(b)), matmul(a, contiguous(Transpose(b))), 1e-13);
  });
}

// The manifest's gradients, with numbers: dyBᵀ and Aᵀdy.
TEST(MatmulGradient, TwoDimensional) {
  const Tensor a = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const Tensor b = tensor({{1.0, 0.0}, {0.0, 1.0}, {2.0, -1.0}});
  const GradientPair dx = matmul_backward(tensor({{1.0, 10.0}, {0.0, 1.0}}), a, b);
  EXPECT_TRUE(SameBits(dx.a, tensor({{1.0, 10.0, -8.0}, {0.0, 1.0, -1.0}})));
  EXPECT_TRUE(SameBits(dx.b, tensor({{1.0, 14.0}, {2.0, 25.0}, {3.0, 36.0}})));
}

TEST(MatmulGradient, Square) {
  const Tensor a = tensor({{1.0, 2.0}, {3.0, 4.0}}), b = tensor({{5.0, 6.0}, {7.0, 8.0}});
  const GradientPair dx = matmul_backward(ones({2, 2}), a, b);
  EXPECT_TRUE(SameBits(dx.a, tensor({{11.0, 15.0}, {11.0, 15.0}})));
  EXPECT_TRUE(SameBits(dx.b, tensor({{4.0, 4.0}, {6.0, 6.0}})));
}

TEST(MatmulGradient, MatrixVector) {
  const Tensor a = tensor({{1.0, 2.0}, {3.0, 4.0}}), v = tensor({5.0, 6.0});
  const GradientPair dx = matmul_backward(tensor({1.0, 2.0}), a, v);
  EXPECT_TRUE(SameBits(dx.a, tensor({{5.0, 6.0}, {10.0, 12.0}})));
  EXPECT_TRUE(SameBits(dx.b, tensor({7.0, 10.0})));
}

TEST(MatmulGradient, ReducesBroadcastAxes) {
  const Tensor a = ones({3, 2, 4}), b = ones({4, 5});
  const GradientPair dx = matmul_backward(ones({3, 2, 5}), a, b);
  EXPECT_TRUE(SameBits(dx.a, full({3, 2, 4}, 5)));
  EXPECT_TRUE(SameBits(dx.b, full({4, 5}, 6)));
}

TEST(Matmul, LeavesUnwantedGradientsUndefined) {
  const Tensor a = ones({2, 3}), b = ones({3, 4}), dy = ones({2, 4});
  EXPECT_FALSE(matmul_backward(dy, a, b, {.a = false}).a.defined());
  EXPECT_FALSE(matmul_backward(dy, a, b, {.b = false}).b.defined());
}

TEST(Matmul, SumsNothingToZero) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    EXPECT_TRUE(SameBits(matmul(zeros({2, 0}), zeros({0, 3})), zeros({2, 3})));
    EXPECT_TRUE(SameBits(matmul(zeros({0}), zeros({0})), zeros({})));
    EXPECT_EQ(matmul(zeros({4, 0, 3}), zeros({3, 2})).shape(), (Shape{4, 0, 2}));
  }
}

TEST(Matmul, PropagatesNaNAndInfinityAgainstZero) {
  for (Where column : {Where::kSimd, Where::kReference}) {
    const ScopedKernels kernels(column);
    for (int64_t n : {1, 3, 40}) {
      std::vector<float> values(2 * n, 0);
      values[0] = INFINITY;
      values[n] = 1;
      const Tensor b = from_vector(values, {2, n});
      const std::vector<double> y = matmul(tensor({{0.0, 1.0}}), b).to_vector<double>();
      EXPECT_TRUE(std::isnan(y[0]));
      EXPECT_EQ(matmul(tensor({{1.0, 0.0}}), b).to_vector<double>()[0], INFINITY);
      for (int64_t j = 1; j < n; ++j) EXPECT_EQ(y[j], 0) << "column " << j << " of " << n;
    }
  }
}

TEST(Matmul, KeepsSmallTermsOfLongSums) {
  // One after another, 2^24 + 1 + 1 + … would stay at 2^24 in float32.
  const int64_t n = 1 << 14;
  std::vector<float> terms(n, 1);
  terms[0] = 0x1p24f;
  const double y = matmul(from_vector(terms, {1, n}), ones({n, 2})).to_vector<double>()[0];
  EXPECT_NEAR(y, 0x1p24 + static_cast<double>(n) - 1, 600);
}

TEST(Matmul, WrapsIntegersAndPromotes) {
  const Tensor a = tensor({{100, 100}}, DType::kInt8), b = tensor({{2}, {1}}, DType::kInt8);
  EXPECT_TRUE(SameBits(matmul(a, b), tensor({{44}}, DType::kInt8)));
  EXPECT_EQ(matmul(ones({2, 2}), ones({2, 2}, {.dtype = DType::kFloat64})).dtype(),
            DType::kFloat64);
  const TensorOptions half = {.dtype = DType::kFloat16};
  EXPECT_EQ(matmul(ones({2, 2}, half), ones({2, 2}, half)).dtype(), DType::kFloat16);
}

TEST(Matmul, ThreadsChangeNoBitWhereverTheyCut) {
  Rng rng(1);
  struct Sizes {
    int64_t m, k, n;
  };
  // Blocks follow the number of threads; none of these sizes is a multiple of a vector.
  for (const Sizes& of :
       {Sizes{1, 600, 70}, Sizes{1, 3000, 203}, Sizes{203, 3000, 1}, Sizes{1, 150, 4500},
        Sizes{75, 300, 333}, Sizes{333, 300, 50}, Sizes{61, 700, 113}}) {
    const Tensor a = randn({of.m, of.k}, rng), b = randn({of.k, of.n}, rng);
    const Tensor b_columns = transpose(Copy(transpose(b, 0, 1)), 0, 1);
    const ScopedNumThreads one(1);
    const Tensor y = matmul(a, b), y_columns = matmul(a, b_columns);
    for (int threads : {2, 3, 8}) {
      const ScopedNumThreads scoped(threads);
      EXPECT_TRUE(SameBits(matmul(a, b), y)) << of.m << " " << of.k << " " << of.n;
      EXPECT_TRUE(SameBits(matmul(a, b_columns), y_columns)) << of.m << " " << of.k << " " << of.n;
    }
  }
}

TEST(Matmul, IsExactWhereverItsOperandsLie) {
  Rng rng(2);
  const ScopedNumThreads one(1);  // one block, as large as the matrices
  // Small integers: every sum is exact in float32, in any order.
  auto matrix = [&](int64_t rows, int64_t cols, int64_t width, bool transposed) {
    Tensor x = cast(randint(-8, 8, {transposed ? cols : rows, width}, rng), DType::kFloat32);
    x = slice(x, 1, {.start = 0, .stop = transposed ? rows : cols});
    return transposed ? Transpose(x) : x;
  };
  struct Layout {
    int64_t a_width, b_width;  // columns of the matrices of which the operands are parts
  };
  // Rows of 4 and 12 KiB are copied into panels; more rows than a panel, a chunk or a block have.
  // A GPU knows neither: there it is whole tiles, their edges and splits that count.
  const bool on_cpu = default_device() == kCpu;
  const int64_t m = on_cpu ? 1100 : 70, k = on_cpu ? 390 : 260, n = on_cpu ? 203 : 67;
  for (const Layout& layout : {Layout{700, 400}, Layout{1200, 500}, Layout{3000, 3000}}) {
    for (const auto& [a_transposed, b_transposed] :
         {std::pair{false, false}, {false, true}, {true, false}, {true, true}}) {
      const Tensor a = matrix(m, k, layout.a_width, a_transposed);
      const Tensor b = matrix(k, n, layout.b_width, b_transposed);
      const Tensor expected = [&] {
        const ScopedKernels reference(Where::kReference);
        return matmul(a, b);
      }();
      ForEachTarget([&](const char* target) {
        EXPECT_TRUE(SameBits(matmul(a, b), expected))
            << target << " " << layout.a_width << " " << a_transposed << b_transposed;
      });
    }
  }
}

TEST(Matmul, IsExactWhereTheResultStreams) {
  Rng rng(3);
  // A processor stores results from 32 MiB on around the caches where rows begin at vectors.
  const int64_t m = default_device() == kCpu ? 4100 : 41;
  for (const int64_t n : {2048, 2051}) {
    const Tensor a = cast(randint(-8, 8, {m, 2}, rng), DType::kFloat32);
    const Tensor b = cast(randint(-8, 8, {2, n}, rng), DType::kFloat32);
    const Tensor expected = [&] {
      const ScopedKernels reference(Where::kReference);
      return matmul(a, b);
    }();
    for (const int threads : {1, 2}) {
      const ScopedNumThreads scoped(threads);
      EXPECT_TRUE(SameBits(matmul(a, b), expected)) << n << " columns, " << threads << " threads";
    }
  }
}

// --- Tensor cores: on a GPU; the processor multiplies what they take as it does all else ---

TEST(Matmul, OfSixteenBitsIsRoundedOnce) {
  Rng rng(3);
  for (const DType dtype : {DType::kBFloat16, DType::kFloat16}) {
    // Sums of products of small integers are exact in float32, however they lie.
    const Tensor a = cast(randint(-9, 10, {2, 70, 100}, rng), dtype);
    const Tensor b = cast(randint(-9, 10, {100, 45}, rng), dtype);
    const Tensor exact = matmul(cast(a, DType::kFloat64), cast(b, DType::kFloat64));
    EXPECT_TRUE(SameBits(matmul(a, b), cast(exact, dtype)));
    const Tensor turned = Transpose(contiguous(Transpose(a)));
    EXPECT_TRUE(SameBits(matmul(turned, Transpose(contiguous(Transpose(b)))), cast(exact, dtype)));
  }
}

TEST(Matmul, OfSixteenBitsTakesVectorsAndNothing) {
  const TensorOptions half = {.dtype = DType::kBFloat16};
  EXPECT_TRUE(SameBits(matmul(ones({3, 5}, half), ones({5}, half)), full({3}, 5, half)));
  EXPECT_TRUE(SameBits(matmul(ones({5}, half), ones({5, 3}, half)), full({3}, 5, half)));
  EXPECT_TRUE(SameBits(matmul(ones({2, 0}, half), ones({0, 3}, half)), zeros({2, 3}, half)));
  EXPECT_EQ(matmul(ones({0, 3, 4}, half), ones({4, 2}, half)).shape(), (Shape{0, 3, 2}));
}

TEST(Matmul, ExchangesBatchesThatLieInAnyOrder) {
  // As attention has them: the axis of heads lies inside of that of rows; and broadcasts.
  Rng rng(4);
  const Tensor q =
      permute(cast(randint(-4, 5, {2, 9, 3, 16}, rng), DType::kBFloat16), {0, 2, 1, 3});
  const Tensor k =
      permute(cast(randint(-4, 5, {1, 7, 3, 16}, rng), DType::kBFloat16), {0, 2, 3, 1});
  const Tensor exact = matmul(cast(q, DType::kFloat64), cast(k, DType::kFloat64));
  EXPECT_TRUE(SameBits(matmul(q, k), cast(exact, DType::kBFloat16)));
}

TEST(Matmul, RoundsToTf32OnlyWhereAllowed) {
  const int64_t n = 40;
  Rng rng(5);
  const auto of = [&](const Tensor& a, const Tensor& b) { return matmul(a, transpose(b, 0, 1)); };
  const auto wide = [](const Tensor& x) { return cast(x, DType::kFloat64); };
  // Up to 20 bits, of which tf32 keeps 11.
  const Tensor a = cast(randint(1, 1 << 20, {n, n}, rng), DType::kFloat32);
  const Tensor b = cast(randint(1, 1 << 20, {n, n}, rng), DType::kFloat32);
  const Tensor plain = of(a, b);
  const ScopedTf32 allowed;
  // Each factor is off by 2^-10 of itself at most, whether it is cut or rounded.
  const std::vector<double> got = of(a, b).to_vector<double>();
  const std::vector<double> exact = of(wide(a), wide(b)).to_vector<double>();
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], exact[i], exact[i] * 0x2.01p-10);
  const bool has_cores = default_device() != kCpu && cuda::HasHopperCores(default_device().index);
  EXPECT_EQ(bool{SameBits(of(a, b), plain)}, !has_cores);

  // Of 11 bits nothing is lost, and sums of such integers are exact as well.
  const Tensor c = cast(randint(-300, 300, {n, n}, rng), DType::kFloat32);
  const Tensor d = cast(randint(-300, 300, {n, n}, rng), DType::kFloat32);
  EXPECT_TRUE(SameBits(wide(of(c, d)), of(wide(c), wide(d))));
}

}  // namespace
}  // namespace prova
